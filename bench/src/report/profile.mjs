/** What is on top of a CPU profile: self time by function and line. */
import { readFileSync } from "node:fs";
import { sep } from "node:path";
import { table } from "./text.mjs";

/** @typedef {{ functionName: string, url: string, lineNumber: number }} CallFrame */
/** @typedef {{ id: number, callFrame: CallFrame }} ProfileNode */

/**
 * @param {string} path of a .cpuprofile
 * @param {number} [lines]
 */
export function topOfProfile(path, lines = 25) {
  /** @type {{ nodes: ProfileNode[], samples: number[], timeDeltas: number[] }} */
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, "utf8"));
  const placeOf = new Map(nodes.map(({ id, callFrame }) => [id, placeText(callFrame)]));
  /** @type {Map<string, number>} */
  const selfTime = new Map();
  for (const [index, id] of samples.entries()) {
    const place = placeOf.get(id) ?? "";
    selfTime.set(place, (selfTime.get(place) ?? 0) + (timeDeltas[index] ?? 0));
  }
  selfTime.delete("(idle)");
  const busy = [...selfTime.values()].reduce((sum, time) => sum + time, 0);
  const top = [...selfTime].sort(([, a], [, b]) => b - a).slice(0, lines);
  const share = (/** @type {number} */ time) => `${((100 * time) / busy).toFixed(1)} %`;
  return table([["self time", "function"], ...top.map(([place, time]) => [share(time), place])]);
}

/** @param {CallFrame} frame */
function placeText({ functionName, url, lineNumber }) {
  const name = functionName || "(anonymous)";
  if (!url) return name;
  const file = url.split(/[\\/]/).slice(-4).join(sep);
  return `${name}  ${file}:${lineNumber + 1}`;
}
