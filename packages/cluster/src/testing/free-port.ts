/** Where a server of a test can listen that does not tell its port, or that is to come back on the same one. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * Below those that operating systems lend to connections, and to whoever listens on port 0: a port of theirs could
 * be somebody else's by the time that it is used, or while a server that is to come back is away.
 */
const [FIRST, COUNT] = [20_000, 12_000];

/** A loopback port that nobody listens on at this moment, and that nobody is given by chance. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(FIRST + Math.floor(Math.random() * COUNT), "127.0.0.1");
    try {
      await once(server, "listening");
    } catch {
      // Somebody has it.
      continue;
    }
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
  }
}
