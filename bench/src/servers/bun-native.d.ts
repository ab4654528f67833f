/** The few members of Bun's global that the benchmark uses. */
export interface BunSocket<Data> {
  data: Data;
  send(message: string | Uint8Array): number;
  subscribe(topic: string): void;
}

export interface BunServer {
  port: number;
  upgrade(request: Request, options: { data: unknown }): boolean;
  publish(topic: string, message: string): number;
}

export interface BunGlobal {
  Bun?: {
    version: string;
    gc(force: boolean): void;
    serve<Data>(options: {
      hostname: string;
      port: number;
      fetch(request: Request, server: BunServer): Response | undefined;
      websocket: {
        perMessageDeflate: boolean;
        sendPings: boolean;
        open(socket: BunSocket<Data>): void;
        message(socket: BunSocket<Data>, message: string | Uint8Array): void;
        close(socket: BunSocket<Data>): void;
      };
    }): BunServer;
  };
}
