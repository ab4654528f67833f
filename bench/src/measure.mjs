/** One run of the benchmark: which subjects are there, then scenario by scenario. */
import { Child } from "./child.mjs";
import { profiling, snapshots } from "./inspection.mjs";
import { interleave } from "./interleave.mjs";
import { maxConnections } from "./limits.mjs";
import { note, progress } from "./report/progress.mjs";
import { rowsOf } from "./results.mjs";
import { within } from "./scenario.mjs";
import { commandOf, labels } from "./subjects.mjs";

/** @typedef {import("./options.mjs").Options} Options */
/** @typedef {import("./scenario.mjs").Scenario} Scenario */
/** @typedef {import("./subjects.mjs").Subject} Subject */
/** @typedef {import("./subjects.mjs").Kind} Kind */
/** @typedef {Pick<Options, "scenarios" | "form" | "stacks" | "runs" | "node" | "profile" | "heap">} Plan */
/** @typedef {{ command: string, profiles: string }} Place */
/** @typedef {Awaited<ReturnType<typeof rosterOf>>} Roster */

/**
 * @param {Plan} options
 * @param {Place} place
 * @param {(run: import("./report/files.mjs").Run) => void} [onScenario] told what there is after each scenario
 * @returns {Promise<import("./report/files.mjs").Run>}
 */
export async function measureAll(options, place, onScenario = () => {}) {
  const roster = await rosterOf(options);
  /** @type {import("./results.mjs").Row[]} */
  const rows = [];
  const { versions, runtime, remarks } = roster;
  const date = new Date().toISOString().slice(0, 10);
  const run = { command: place.command, date, versions, runs: options.runs, node: runtime, remarks, rows };
  for (const scenario of options.scenarios) {
    rows.push(...(await measureScenario(scenario, options, roster, place.profiles)));
    onScenario(run);
  }
  return run;
}

/**
 * @param {Scenario} scenario
 * @param {Plan} options
 * @param {Roster} roster
 * @param {string} profiles
 */
async function measureScenario(scenario, options, { has, remarks }, profiles) {
  const { form, runs, node } = options;
  const setting = { node, maxConnections: maxConnections() };
  const asked = scenario.sizes[form];
  const size = within(asked, setting.maxConnections);
  const most = Math.max(asked.connections ?? 0, ...(asked.steps ?? []));
  if (most > setting.maxConnections) remarks.push(tooFewDescriptors(scenario, most, setting.maxConnections));
  const samples = await interleave({
    scenario,
    size,
    subjects: scenario.subjects.filter((subject) => has(scenario.kind, subject)),
    runs,
    fresh: scenario.fresh ?? form === "full",
    setting,
    onSample: (subject, run) =>
      progress(`${placeOf(scenario, options)} ${run + 1}/${runs}: ${labels[subject]}`),
    onFailure: (error) => {
      remarks.push(`${scenario.name}: ${error.message.split("\n")[0]}`);
      note(`${scenario.name}: ${error.message}`);
    },
    ...inspectionOf(options, scenario, size, profiles),
  });
  return rowsOf(scenario.figures(size), samples);
}

/**
 * How far the run is: the scenario, and the how many-th it is.
 * @param {Scenario} scenario
 * @param {Plan} plan
 */
function placeOf(scenario, { scenarios }) {
  return `[${scenarios.indexOf(scenario) + 1}/${scenarios.length}] ${scenario.name}`;
}

/**
 * @param {Scenario} scenario
 * @param {number} wanted
 * @param {number} possible
 */
function tooFewDescriptors({ name }, wanted, possible) {
  return `${name}: ${wanted} connections need as many open files in one process (\`ulimit -n\`, \`LimitNOFILE\`); this machine allows ${possible}, so that many were opened.`;
}

/**
 * @param {Plan} options
 * @param {Scenario} scenario
 * @param {import("./scenario.mjs").Size} size
 * @param {string} folder
 */
function inspectionOf({ profile, heap }, scenario, size, folder) {
  const show = (/** @type {string} */ text) => void process.stdout.write(text);
  if (heap && scenario.name === "idle") return { inspection: snapshots(folder, size, show) };
  if (profile) return { inspection: profiling(folder, scenario.name, show) };
  return {};
}

/**
 * Starts everything that is to be measured once, to learn its version or why it does not run.
 * @param {Plan} options
 */
async function rosterOf({ scenarios, stacks, node }) {
  /** @type {Set<string>} */
  const present = new Set();
  /** @type {string[]} */
  const remarks = [];
  /** @type {Set<string>} */
  const versions = new Set();
  let runtime = "";
  for (const { kind, subject } of contestants(scenarios, stacks)) {
    progress(`looking for ${labels[subject]} (${kind})`);
    try {
      const met = await meet(kind, subject, node);
      present.add(`${kind}/${subject}`);
      versions.add(subject === "bun" ? met.runtime : met.library);
      if (subject !== "bun") runtime = met.runtime;
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      remarks.push(`${labels[subject]} (${kind}) is not measured: ${message.split("\n")[0]}`);
      note(`${labels[subject]} (${kind}) is not measured: ${message}`);
    }
  }
  const has = (/** @type {Kind} */ kind, /** @type {Subject} */ subject) => present.has(`${kind}/${subject}`);
  return { has, remarks, versions: [...versions], runtime };
}

/**
 * @param {Scenario[]} scenarios
 * @param {Subject[]} stacks
 */
function contestants(scenarios, stacks) {
  const keys = scenarios.flatMap(({ kind, subjects }) =>
    subjects.filter((subject) => stacks.includes(subject)).map((subject) => `${kind}/${subject}`),
  );
  return [...new Set(keys)].map((key) => {
    const [kind, subject] = key.split("/");
    return { kind: /** @type {Kind} */ (kind), subject: /** @type {Subject} */ (subject) };
  });
}

/**
 * @param {Kind} kind
 * @param {Subject} subject
 * @param {string} node
 * @returns {Promise<{ library: string, runtime: string }>}
 */
async function meet(kind, subject, node) {
  const child = new Child(labels[subject], commandOf(kind, subject, node));
  try {
    return await child.ask("hello", undefined, 20);
  } finally {
    await child.stop();
  }
}
