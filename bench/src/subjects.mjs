/** What can be measured: which file starts it, under which runtime, and what the tables call it. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {"servers" | "clusters" | "clients" | "codecs"} Kind */
/** @typedef {"sockeye" | "sockeye-ws" | "socketio" | "ws" | "net" | "http" | "bun"} Subject */

/** @type {Record<Subject, string>} */
export const labels = {
  sockeye: "Sockeye",
  "sockeye-ws": "Sockeye on ws",
  socketio: "socket.io",
  ws: "bare ws",
  net: "bare net",
  http: "bare http",
  bun: "Bun",
};

/** Every server that speaks WebSocket. */
export const webSocketServers = /** @type {Subject[]} */ (["sockeye", "sockeye-ws", "socketio", "ws", "bun"]);

const here = dirname(fileURLToPath(import.meta.url));

/** @returns {string | undefined} the executable inside Bun's npm package */
function bunPath() {
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve("bun/package.json")), "bin", "bun.exe");
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {Kind} kind
 * @param {Subject} subject
 * @param {string} node path of the Node.js that runs everything except Bun's server
 * @returns {string[]}
 */
export function commandOf(kind, subject, node) {
  if (subject === "bun") {
    const bun = bunPath();
    if (!bun) throw new Error("Bun is not installed: npm install bun");
    return [bun, join(here, "servers", "bun.mjs")];
  }
  const [name, ...args] = subject === "sockeye-ws" ? ["sockeye", "ws"] : [subject];
  return [node, "--expose-gc", join(here, kind, `${name}.mjs`), ...args];
}

/**
 * The servers of node:cluster and their primary.
 * @param {Subject} subject
 * @param {string} node
 */
export function workersCommand(subject, node) {
  return [node, join(here, "clusters", "workers.mjs"), subject];
}

/**
 * @param {string} scenario
 * @param {string} node
 */
export function loadCommand(scenario, node) {
  return [node, "--expose-gc", join(here, "load", "main.mjs"), scenario];
}
