/** The command line of `npm run bench`. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/index.mjs";
import { labels } from "./subjects.mjs";

/** @typedef {import("./scenario.mjs").Form} Form */

const tellPath = ["node", "-p", "process.execPath"];
/** The variant that a first look can do without. */
const withoutQuick = "sockeye-ws";

/** What form leaves out unless it is named. @param {Form} form */
function namesWithout(form) {
  return scenarios.filter(({ onRequest }) => onRequest?.includes(form)).map(({ name }) => name);
}

export const help = `npm run bench -- [scenario ...] [options]

  scenario          ${scenarios.map(({ name }) => name).join(", ")}
                    (default: all but ${namesWithout("full")}; with --quick also without ${namesWithout("quick")})
  --quick           fewer samples and connections: under two minutes
  --only a,b        the same as naming the scenarios a and b
  --stacks a,b      of ${Object.keys(labels).join(", ")}
                    (default: all; with --quick without ${withoutQuick})
  --runs N          samples of each figure (default 5, quick 3)
  --node PATH       the Node.js to measure: a path, or a version such as 24, then from npm's package "node"
  --profile         writes a CPU profile of each measured process to bench/profiles/, and what is on top of it
  --heap            writes heap snapshots of the scenario idle there, and what a connection holds
  --write           writes the results down although only a part is measured
  --no-build        measures the packages as they were built last
  --help
`;

/**
 * @typedef {object} Options
 * @property {import("./scenario.mjs").Scenario[]} scenarios
 * @property {Form} form
 * @property {import("./subjects.mjs").Subject[]} stacks
 * @property {number} runs
 * @property {string} node
 * @property {boolean} writes the results are written down: everything was asked for, or it was said so
 * @property {boolean} profile
 * @property {boolean} heap
 * @property {boolean} build
 */

/**
 * @param {string[]} args
 * @returns {Options | undefined} nothing when help was asked for
 */
export function optionsOf(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    allowNegative: true,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      stacks: { type: "string", default: "" },
      runs: { type: "string" },
      node: { type: "string" },
      profile: { type: "boolean", default: false },
      heap: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      build: { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const named = [...positionals, ...listOf(values.only)];
  const stacks = listOf(values.stacks);
  const form = values.quick ? "quick" : "full";
  return {
    scenarios: scenariosNamed(named, form),
    form,
    stacks: stacksNamed(stacks, form),
    runs: runsOf(values.runs ?? (values.quick ? "3" : "5")),
    node: nodeAt(values.node),
    writes: (values.write || named.length + stacks.length === 0) && !values.profile && !values.heap,
    profile: values.profile,
    heap: values.heap,
    build: values.build,
  };
}

/** @param {string} text */
const listOf = (text) => text.split(",").filter(Boolean);

/**
 * @param {string[]} names
 * @param {Form} form
 */
function scenariosNamed(names, form) {
  if (names.length === 0) return scenarios.filter(({ onRequest }) => !onRequest?.includes(form));
  return names.flatMap((name) => {
    const exact = scenarios.filter((known) => known.name === name);
    // "cluster" and "cluster-redis" name all that begin so.
    const found = exact.length > 0 ? exact : scenarios.filter((known) => known.name.startsWith(`${name}-`));
    if (found.length > 0) return found;
    throw new Error(`No scenario "${name}"; there are ${scenarios.map((known) => known.name)}`);
  });
}

/**
 * @param {string[]} names
 * @param {Form} form
 */
function stacksNamed(names, form) {
  const known = /** @type {import("./subjects.mjs").Subject[]} */ (Object.keys(labels));
  const unknown = names.filter((name) => !known.some((stack) => stack === name));
  if (unknown.length > 0) throw new Error(`No stack "${unknown}"; there are ${known}`);
  if (names.length > 0) return known.filter((stack) => names.includes(stack));
  return form === "quick" ? known.filter((stack) => stack !== withoutQuick) : known;
}

/** @param {string} text */
function runsOf(text) {
  const runs = Number(text);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs expects a count from 1, got "${text}"`);
  return runs;
}

/** @param {string | undefined} asked */
function nodeAt(asked) {
  if (asked === undefined) return process.execPath;
  if (existsSync(asked)) return asked;
  if (!/^\d+(\.\d+)*$/.test(asked)) throw new Error(`--node expects a path or a version, got "${asked}"`);
  const { stdout, stderr } = spawnSync("npx", ["--yes", `--package=node@${asked}`, "--", ...tellPath], {
    encoding: "utf8",
  });
  const path = stdout.trim();
  if (!existsSync(path)) throw new Error(`npm's package node@${asked} brings no Node.js: ${stderr}`);
  return path;
}
