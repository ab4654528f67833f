/** The load generator: a process of its own that runs the load half of one scenario. */
import { answer } from "../answers.mjs";
import { vitals } from "../vitals.mjs";

const [name = ""] = process.argv.slice(2);
const { load } = await import(`../scenarios/${name}.mjs`);

/** @type {Record<string, (details: unknown) => unknown>} */
let actions = {};

answer({
  ...vitals,
  open: async (details) => {
    actions = await load(details);
  },
  do: ({ action, details }) => {
    const run = actions[action];
    if (!run) throw new Error(`${name} has no action "${action}"`);
    return run(details);
  },
});
