/** What a scenario is: one question, three sizes, and how one sample of the answer is taken. */

/**
 * @typedef {object} Size how much load: the fields that the scenario names
 * @property {number} [connections]
 * @property {number} [count] questions, deliveries or round trips of one sample
 * @property {number} [rounds] broadcasts of one sample
 * @property {number} [warmUp] what runs before the first sample, in the unit of `count` or `rounds`
 * @property {number[]} [steps] numbers of connections
 * @property {number} [rate] per second
 * @property {number} [nodes] servers of a cluster
 * @property {number} [rooms]
 * @property {boolean} [everywhere] the rooms have members on all servers of a cluster, not on the first only
 * @property {number} [seconds] that a sample takes, or takes at most
 */

/** @typedef {"full" | "quick" | "tiny"} Form */

/**
 * @typedef {object} Figure
 * @property {string} key unique among all scenarios; targets and tables refer to it
 * @property {string} label
 * @property {string} unit
 */

/**
 * @typedef {object} Scenario
 * @property {string} name that of its file; its load half is the file's export `load`
 * @property {import("./subjects.mjs").Kind} kind what is measured
 * @property {import("./subjects.mjs").Subject[]} subjects
 * @property {string} [bus] of a cluster
 * @property {boolean} [fresh] whether every sample gets a new process; by default in the full form
 * @property {Form[]} [onRequest] in these forms it runs only when named
 * @property {Record<Form, Size>} sizes
 * @property {(size: Size) => Figure[]} figures
 * @property {(stage: import("./stage.mjs").Stage, size: Size) => Promise<unknown>} [warmUp]
 * @property {(stage: import("./stage.mjs").Stage, size: Size) => Promise<Record<string, number>>} measure
 */

/**
 * The scenario of a question and answer: the server's CPU time per answer.
 * @param {Pick<Scenario, "name" | "sizes"> & Partial<Scenario> & { label: string }} scenario
 * @returns {Scenario}
 */
export function costPerAnswer({ label, ...scenario }) {
  return {
    kind: "servers",
    subjects: [],
    figures: () => [{ key: scenario.name, label, unit: "µs" }],
    warmUp: (stage, size) => stage.do("ask", size.warmUp),
    measure: async (stage, size) => ({
      [scenario.name]: await stage.cost(() => stage.do("ask", size.count)),
    }),
    ...scenario,
  };
}

/**
 * The sizes in use, within what this machine allows.
 * @param {Size} size
 * @param {number} most connections
 * @returns {Size}
 */
export function within(size, most) {
  const { connections, steps } = size;
  return {
    ...size,
    ...(connections && { connections: Math.min(connections, most) }),
    ...(steps && { steps: [...new Set(steps.map((step) => Math.min(step, most)))] }),
  };
}
