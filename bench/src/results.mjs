/** From samples to figures, ratios and verdicts. */
import { median, spread } from "./statistics.mjs";
import { targets } from "./targets.mjs";

/** @typedef {import("./subjects.mjs").Subject} Subject */
/** @typedef {{ median: number, spread: number }} Cell */
/** @typedef {{ control: Subject, ratio: number, target: number | undefined, met: boolean | undefined }} Ratio */

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {string} label
 * @property {string} unit
 * @property {Map<Subject, Cell>} cells
 * @property {Ratio[]} ratios ours divided by each control
 */

/** @type {Subject[]} */
const controls = ["socketio", "ws", "net", "http", "bun"];

/**
 * @param {import("./scenario.mjs").Figure[]} figures
 * @param {import("./interleave.mjs").Samples} samples
 * @returns {Row[]}
 */
export function rowsOf(figures, samples) {
  return figures.map(({ key, label, unit }) => {
    /** @type {Map<Subject, Cell>} */
    const cells = new Map();
    for (const [subject, values] of samples.get(key) ?? []) {
      cells.set(subject, { median: median(values), spread: spread(values) });
    }
    return { key, label, unit, cells, ratios: ratiosOf(key, cells) };
  });
}

/**
 * @param {string} key
 * @param {Map<Subject, Cell>} cells
 * @returns {Ratio[]}
 */
function ratiosOf(key, cells) {
  const ours = cells.get("sockeye")?.median ?? Number.NaN;
  return controls.flatMap((control) => {
    const ratio = ours / (cells.get(control)?.median ?? Number.NaN);
    if (!Number.isFinite(ratio)) return [];
    const target = targets[key]?.[control];
    return [{ control, ratio, target, met: target === undefined ? undefined : ratio <= target }];
  });
}
