/** What a whole run leaves behind: results.md, results.svg, and the figures inside docs/performance.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import { join } from "node:path";
import { picture } from "./svg.mjs";
import { figuresTable, ratiosTable } from "./text.mjs";

/**
 * @typedef {object} Run
 * @property {string} command as the user would type it
 * @property {string} date
 * @property {string[]} versions of everything measured
 * @property {number} runs samples of each figure
 * @property {string} node version of the measured Node.js
 * @property {string[]} remarks what could not be measured and why
 * @property {import("../results.mjs").Row[]} rows
 */

const end = "<!-- /figures -->";

/**
 * Where the figures of a Node.js stand in docs/performance.md.
 * @param {string | undefined} major of another Node.js than the one in use
 */
const beginningOf = (major) =>
  `<!-- figures${major ? ` of Node.js ${major}` : ""}: written by npm run bench -->`;

/** @param {Run} run */
function machineLine({ date, node }) {
  const [cpu] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${date}, ${node}, ${cpus().length} × ${cpu?.model.trim()}, ${memory} GiB, ${platform()} ${arch()}`;
}

/** @param {Run} run */
export function body(run) {
  const { command, versions, runs, remarks, rows } = run;
  return `${machineLine(run)}. Measured: ${versions.join("; ")}. Medians of ${runs} interleaved samples
(± half the distance between the quartiles), by \`${command}\`.

### Sockeye divided by the controls

${ratiosTable(rows)}

### All figures

µs are CPU time of the measured process per message, delivery, round trip or connection; lower is better everywhere.

${figuresTable(rows)}
${remarks.map((remark) => `\n- ${remark}`).join("")}`.trimEnd();
}

/**
 * Figures of another Node.js than the one in use get files of their own, and a place of their own on the page.
 * @param {Run} run
 * @param {string} folder that of the benchmark
 */
export function writeResults(run, folder) {
  const text = body(run);
  const major = /(\d+)/.exec(run.node)?.[1];
  const other = process.versions.node.startsWith(`${major}.`) ? undefined : major;
  const name = other ? `results-node${other}` : "results";
  writeFileSync(join(folder, `${name}.md`), `# Results\n\n${text}\n`);
  writeFileSync(join(folder, `${name}.svg`), picture(run.rows, machineLine(run)));
  insert(join(folder, "..", "docs", "performance.md"), beginningOf(other), text);
}

/**
 * Replaces what stands in a page behind a beginning; a page without that place stays as it is.
 * @param {string} path
 * @param {string} beginning
 * @param {string} text
 */
export function insert(path, beginning, text) {
  if (!existsSync(path)) return;
  const page = readFileSync(path, "utf8");
  const from = page.indexOf(beginning);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) return;
  writeFileSync(path, `${page.slice(0, from + beginning.length)}\n\n${text}\n\n${page.slice(to)}`);
}
