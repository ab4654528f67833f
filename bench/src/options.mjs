/** The command line of `npm run bench`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/index.mjs";
import { labels } from "./subjects.mjs";
import { folderOf } from "./versions.mjs";

export const help = `npm run bench -- [scenario ...] [options]

  scenario          ${scenarios.map(({ name }) => name).join(", ")}
                    (default: all but ${scenarios.filter(({ onRequest }) => onRequest).map(({ name }) => name)})
  --quick           fewer samples and connections: under two minutes
  --only a,b        the same as naming the scenarios a and b
  --stacks a,b      of ${Object.keys(labels).join(", ")}
  --runs N          samples of each figure (default 5, quick 3)
  --node PATH       the Node.js to measure: a path, or 24 when its npm package is installed
  --profile         writes a CPU profile of each measured process to bench/profiles/, and what is on top of it
  --heap            writes heap snapshots of the scenario idle there, and what a connection holds
  --no-build        measures the packages as they were built last
  --help
`;

/**
 * @typedef {object} Options
 * @property {import("./scenario.mjs").Scenario[]} scenarios
 * @property {import("./scenario.mjs").Form} form
 * @property {import("./subjects.mjs").Subject[]} stacks
 * @property {number} runs
 * @property {string} node
 * @property {boolean} partial not everything was asked for: the written results stay as they are
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
      build: { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const named = [...positionals, ...listOf(values.only)];
  const stacks = listOf(values.stacks);
  return {
    scenarios: scenariosNamed(named),
    form: values.quick ? "quick" : "full",
    stacks: stacksNamed(stacks),
    runs: runsOf(values.runs ?? (values.quick ? "3" : "5")),
    node: nodeAt(values.node),
    partial: named.length + stacks.length > 0 || values.profile || values.heap,
    profile: values.profile,
    heap: values.heap,
    build: values.build,
  };
}

/** @param {string} text */
const listOf = (text) => text.split(",").filter(Boolean);

/** @param {string[]} names */
function scenariosNamed(names) {
  if (names.length === 0) return scenarios.filter(({ onRequest }) => !onRequest);
  return names.map((name) => {
    const scenario = scenarios.find((known) => known.name === name);
    if (!scenario)
      throw new Error(`No scenario "${name}"; there are ${scenarios.map((known) => known.name)}`);
    return scenario;
  });
}

/** @param {string[]} names */
function stacksNamed(names) {
  const known = /** @type {import("./subjects.mjs").Subject[]} */ (Object.keys(labels));
  const unknown = names.filter((name) => !known.some((stack) => stack === name));
  if (unknown.length > 0) throw new Error(`No stack "${unknown}"; there are ${known}`);
  return names.length === 0 ? known : known.filter((stack) => names.includes(stack));
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
  return join(folderOf(`node-${process.platform}-${process.arch}`), "bin", "node");
}
