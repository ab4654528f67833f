/** A TCP proxy before the load balancer, on which connections break. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Chance } from "@sockeye/core/testing";

/** Both ends of a connection. */
type Line = readonly [client: Socket, server: Socket];

export class FaultProxy {
  readonly #server: Server;
  readonly #lines = new Set<Line>();

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, connect(target, "127.0.0.1")));
  }

  static async start(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets a share of the connections, on both sides; returns how many. */
  reset(share: number, chance: Chance): number {
    const broken = this.#some(share, chance);
    for (const line of broken) for (const end of line) end.resetAndDestroy();
    return broken.length;
  }

  /** Nothing passes on a share of the connections, and nobody is told, until the function that is returned is called. */
  freeze(share: number, chance: Chance): { count: number; thaw: () => void } {
    const frozen = this.#some(share, chance);
    for (const line of frozen) for (const end of line) end.pause();
    const thaw = (): void => {
      for (const line of frozen) for (const end of line) end.resume();
    };
    return { count: frozen.length, thaw };
  }

  async stop(): Promise<void> {
    for (const line of this.#lines) for (const end of line) end.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #some(share: number, chance: Chance): Line[] {
    return [...this.#lines].filter(() => chance.is(share));
  }

  #join(client: Socket, server: Socket): void {
    const line: Line = [client, server];
    this.#lines.add(line);
    for (const [from, into] of [line, [server, client]] as const) {
      from.setNoDelay(true);
      from.on("data", (chunk: Buffer) => into.write(chunk));
      from.on("end", () => into.end());
      from.on("error", () => into.destroy());
      from.on("close", () => {
        this.#lines.delete(line);
        into.destroySoon();
      });
    }
  }
}
