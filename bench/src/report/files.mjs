/** What a whole run leaves behind: results.md, results.svg, and the figures inside docs/performance.md. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import { join } from "node:path";
import { clusterTables } from "./clusters.mjs";
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
const unfinished = "results-unfinished.md";

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

/**
 * What was measured: the servers by themselves, and clusters of them, each if there is any of it.
 * @param {Run} run
 */
export function body(run) {
  const { single, clusters } = partsOf(run);
  return [single && bodyOf(single, tables(single.rows)), clusters && clusterBody(clusters)]
    .filter(Boolean)
    .join("\n\n");
}

/** @param {Run} run */
const clusterBody = (run) => bodyOf(run, clusterTables(run.rows));

/**
 * @param {Run} run
 * @returns {{ single: Run | undefined, clusters: Run | undefined }}
 */
function partsOf(run) {
  const isCluster = ({ key = "" }) => key.startsWith("cluster");
  const clusters = run.rows.filter(isCluster);
  const single = run.rows.filter((row) => !isCluster(row));
  return {
    single: single.length > 0 || clusters.length === 0 ? { ...run, rows: single } : undefined,
    clusters: clusters.length > 0 ? { ...run, rows: clusters } : undefined,
  };
}

/**
 * @param {Run} run
 * @param {string} text its tables
 */
function bodyOf(run, text) {
  const { command, versions, runs, remarks } = run;
  return `${machineLine(run)}. Measured: ${versions.join("; ")}. Medians of ${runs} interleaved samples
(± half the distance between the quartiles), by \`${command}\`.

${text}
${remarks.map((remark) => `\n- ${remark}`).join("")}`.trimEnd();
}

/** @param {import("../results.mjs").Row[]} rows */
function tables(rows) {
  return `### Sockeye divided by the controls

${ratiosTable(rows)}

### All figures

µs are CPU time of the measured process per message, delivery, round trip or connection; lower is better everywhere.

${figuresTable(rows)}`;
}

/**
 * What there is so far, should the run be interrupted.
 * @param {Run} run
 * @param {string} folder that of the benchmark
 */
export function keepUnfinished(run, folder) {
  writeFileSync(join(folder, unfinished), `# Results of an unfinished run\n\n${body(run)}\n`);
}

/** @param {string} folder that of the benchmark */
export function forgetUnfinished(folder) {
  rmSync(join(folder, unfinished), { force: true });
}

/**
 * Figures of another Node.js than the one in use get files of their own, and a place of their own on the page.
 * @param {Run} run
 * @param {string} folder that of the benchmark
 */
export function writeResults(run, folder) {
  const { single, clusters } = partsOf(run);
  if (single) writeSingle(single, folder);
  if (!clusters) return;
  const text = clusterBody(clusters);
  writeFileSync(join(folder, "results-cluster.md"), `# Results of clusters\n\n${text}\n`);
  insert(
    join(folder, "..", "docs", "cluster.md"),
    "<!-- figures: written by npm run bench -- cluster --write -->",
    text,
  );
}

/**
 * @param {Run} run
 * @param {string} folder
 */
function writeSingle(run, folder) {
  const text = bodyOf(run, tables(run.rows));
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
