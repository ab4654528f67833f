/** A small TCP proxy on which networks fail: it cuts connections with a reset, or lets nothing through. */
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";

type Direction = "toServer" | "toGuest";

export class TcpProxy {
  readonly #server: Server;
  readonly #lines = new Map<Socket, Direction>();
  readonly #frozen = new Set<Direction>();
  #down = false;

  private constructor(target: URL) {
    this.#server = createServer((guest) => this.#connect(guest, target));
  }

  static async before(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(target));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bytes of this direction stay where they are, unseen by the other side, while connections stay open. */
  freeze(direction: Direction): void {
    this.#frozen.add(direction);
    for (const [line, to] of this.#lines) if (to === direction) line.pause();
  }

  /** Resets every connection, on both sides at once, and every new one until `restore`. */
  sever(): void {
    this.#down = true;
    for (const line of this.#lines.keys()) line.resetAndDestroy();
  }

  restore(): void {
    this.#down = false;
  }

  async close(): Promise<void> {
    this.sever();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(guest: Socket, { hostname, port }: URL): void {
    if (this.#down) {
      guest.resetAndDestroy();
      return;
    }
    const server = dial(Number(port), hostname);
    this.#join(guest, server, "toServer");
    this.#join(server, guest, "toGuest");
  }

  /** What `from` sends goes on to `into`; each ends with the other, as far as the direction is not frozen. */
  #join(from: Socket, into: Socket, direction: Direction): void {
    this.#lines.set(from, direction);
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => into.write(chunk));
    from.on("end", () => into.end());
    from.on("error", () => into.resetAndDestroy());
    from.on("close", () => {
      this.#lines.delete(from);
      into.destroySoon();
    });
    if (this.#frozen.has(direction)) from.pause();
  }
}
