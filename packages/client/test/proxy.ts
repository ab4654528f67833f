/** A TCP proxy that fails on demand. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Proxy {
  url: string;
  /** While true, bytes are swallowed in both directions, and nobody is told. */
  silent: boolean;
  /** Called with what clients send; true cuts that connection with a RST instead of passing it on. */
  cutWhen: (sent: string) => boolean;
  /** How many connections were cut by {@link cutWhen}. */
  cuts: number;
}

/** Starts a proxy before a port of the loopback; it ends with the test. */
export async function proxy(port: number): Promise<Proxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      from.on("data", (chunk) => {
        if (self.silent) return;
        if (from === client && self.cutWhen(chunk.toString("latin1"))) {
          self.cuts++;
          client.resetAndDestroy();
        } else to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const self: Proxy = { url, silent: false, cutWhen: () => false, cuts: 0 };
  return self;
}
