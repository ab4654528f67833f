/** One server of a cluster, of either make: told over which bus, and where that is. */
import diagnostics from "node:diagnostics_channel";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { answer } from "../answers.mjs";
import { serve } from "../servers/app.mjs";
import { runtime, vitals } from "../vitals.mjs";

/** Connections that this process has made: to the engine, and to nobody else. */
/** @type {Set<import("node:net").Socket>} */
const outgoing = new Set();
diagnostics.subscribe("net.client.socket", (message) => {
  outgoing.add(/** @type {{ socket: import("node:net").Socket }} */ (message).socket);
});

/**
 * @typedef {object} Make
 * @property {string} library its name and version
 * @property {(http: import("node:http").Server, options: object) => any} createServer
 * @property {Record<string, (url: string) => Promise<unknown>>} adapters by bus
 */

/** The buses that remember what clients may miss: theirs is that they do. */
const keeping = ["streams", "jetstream", "postgreslog"];

/**
 * @param {Make} make
 * @param {string} bus
 * @param {string} url
 * @param {number} port
 */
export async function start({ createServer: create, adapters }, bus, url, port = 0) {
  const http = createServer();
  const io = create(http, {
    serveClient: false,
    adapter: await adapters[bus]?.(url),
    ...(keeping.includes(bus) && { connectionStateRecovery: {} }),
  });
  serve(io);
  await new Promise((resolve) => http.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(0)));
  return { io, port: /** @type {import("node:net").AddressInfo} */ (http.address()).port };
}

/**
 * Resolves when this server knows that there are so many.
 * @param {any} io
 * @param {number} nodes
 */
export async function complete(io, nodes) {
  while ((await io.of("/").adapter.serverCount()) < nodes) await pause(50);
}

/** @param {Make} make */
export function introduce(make) {
  /** @type {any} */
  let io;
  answer({
    ...vitals,
    hello: () => ({ library: make.library, runtime }),
    open: async ({ bus, url }) => {
      const started = await start(make, bus, url);
      io = started.io;
      return [started.port];
    },
    complete: ({ nodes }) => complete(io, nodes),
    cpus: () => [vitals.cpu?.(undefined)],
    received: () => [[...outgoing].reduce((total, { bytesRead }) => total + bytesRead, 0)],
  });
}
