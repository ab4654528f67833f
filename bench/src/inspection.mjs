/** CPU profiles and heap snapshots of the measured processes, and what is on top of them. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { heldByConnection } from "./report/heap.mjs";
import { topOfProfile } from "./report/profile.mjs";

/** @typedef {import("./interleave.mjs").Inspection} Inspection */

/**
 * @param {string} folder
 * @param {string} scenario
 * @param {(text: string) => void} show
 * @returns {Inspection}
 */
export function profiling(folder, scenario, show) {
  mkdirSync(folder, { recursive: true });
  return {
    before: async ({ measured }, subject) => {
      if (subject !== "bun") await measured.ask("startProfile");
    },
    after: async ({ measured }, subject) => {
      if (subject === "bun") return;
      const path = join(folder, `${scenario}-${subject}.cpuprofile`);
      await measured.ask("writeProfile", path);
      show(`\n${path}\n${topOfProfile(path)}\n`);
    },
  };
}

/**
 * Opens more connections after the sample and compares.
 * @param {string} folder
 * @param {import("./scenario.mjs").Size} size
 * @param {(text: string) => void} show
 * @returns {Inspection}
 */
export function snapshots(folder, { steps: [few = 0, many = 0] = [] }, show) {
  mkdirSync(folder, { recursive: true });
  return {
    before: async () => {},
    after: async (stage, subject) => {
      if (subject === "bun") return;
      const before = join(folder, `idle-${subject}-before.heapsnapshot`);
      const after = join(folder, `idle-${subject}-after.heapsnapshot`);
      await stage.measured.ask("snapshot", before, 300);
      await stage.do("grow", many + few);
      await stage.measured.ask("snapshot", after, 300);
      show(`\n${after}\n${heldByConnection(before, after, few)}\n`);
    },
  };
}
