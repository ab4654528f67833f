/** What every measured server answers besides its own protocol. */
import { answer } from "../answers.mjs";
import { runtime, vitals } from "../vitals.mjs";

/** Room for the reconnect storm; the kernel caps it at net.core.somaxconn. */
const backlog = 4_096;

/**
 * @param {string} library its name and version
 * @param {number} port
 * @param {import("../answers.mjs").Questions} [more] what else it can be asked
 */
export function introduce(library, port, more) {
  answer({ ...vitals, ...more, hello: () => ({ library, runtime, port }) });
}

/**
 * @param {string} library
 * @param {import("node:http").Server} httpServer
 * @param {import("../answers.mjs").Questions} [more]
 */
export function listen(library, httpServer, more) {
  httpServer.listen({ host: "127.0.0.1", port: 0, backlog }, () => {
    const { port } = /** @type {import("node:net").AddressInfo} */ (httpServer.address());
    introduce(library, port, more);
  });
}
