/** One port for the servers of several worker threads: the kernel spreads connections over them. */
import { once } from "node:events";
import { type AddressInfo, createServer, type ListenOptions, type Server } from "node:net";
import { wrongOption } from "./refusal.ts";

/** Where the threads listen. */
export interface SharedPortOptions {
  /** From 1 to 65535: with 0, each thread would get another one. */
  port: number;
  /** Address or name of the interface. Default: all of them, as `server.listen` has it. */
  host?: string;
  /** Connections that wait to be accepted, for each thread. Default 511. */
  backlog?: number;
}

/** What a system says that cannot share a port; Node.js before 22.12 ignores the option, and the port is taken. */
const UNSHARED = ["ENOTSUP", "EADDRINUSE"];

/**
 * Listens on a port that other threads listen on too; call it in each of them. Whatever takes a `net.Server`'s place
 * will do: `node:http`, `https` and `http2` servers. Needs Node.js 22.12 or later on Linux, FreeBSD or another system
 * whose `SO_REUSEPORT` balances; elsewhere it rejects with an Error whose code is `ERR_REUSE_PORT`. Rejects with a
 * RangeError for a port that cannot be shared, and with what else `listen` fails with, such as `EADDRINUSE` when a
 * server has the port that does not share it.
 */
export async function sharePort(server: Server, { port, host, backlog }: SharedPortOptions): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw wrongOption("port", "a number from 1 to 65535", port);
  const options = { ...(host !== undefined && { host }), ...(backlog !== undefined && { backlog }) };
  await requireSharing(options);
  await listen(server, { ...options, port });
}

/** Two servers of this thread try it first, on a port that is free. */
async function requireSharing(options: ListenOptions): Promise<void> {
  const [first, second] = [createServer(), createServer()];
  try {
    await listen(first, { ...options, port: 0 });
    await listen(second, { ...options, port: (first.address() as AddressInfo).port });
  } catch (cause) {
    if (!UNSHARED.includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    const here = `Node.js ${process.versions.node} on ${process.platform}`;
    const message =
      `sharePort: threads cannot share a port with ${here}; expected Node.js 22.12 or later on Linux or FreeBSD. ` +
      "Take the processes of node:cluster: connectWorkers() and workers()";
    throw Object.assign(new Error(message, { cause }), { code: "ERR_REUSE_PORT" });
  } finally {
    first.close();
    second.close();
  }
}

async function listen(server: Server, options: ListenOptions): Promise<void> {
  const shared: ListenOptions & { reusePort: true } = { ...options, reusePort: true };
  server.listen(shared);
  await once(server, "listening");
}
