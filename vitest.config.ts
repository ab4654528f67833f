/** One test project per workspace; workspaces resolve each other's sources, so tests need no build. */
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const folders = ["packages", "compat", "apps"].flatMap((room) =>
  existsSync(room) ? readdirSync(room).map((name) => `${room}/${name}`) : [],
);
const conditions = ["source", ...defaultServerConditions];

/** Tests of whole programs take longest. They begin first, so that no core waits for the last of them. */
class ProgramsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isProgram = ({ project }: TestSpecification): boolean => !/^(packages|compat)\//.test(project.name);
    const sorted = await super.sort(files);
    return [...sorted.filter(isProgram), ...sorted.filter((file) => !isProgram(file))];
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 10_000,
    setupFiles: [fileURLToPath(new URL("scripts/patience.mjs", import.meta.url))],
    // As long as `vi.waitFor`, and for the same reason.
    expect: { poll: { timeout: 9_000, interval: 5 } },
    // Tests wait for timers and processes a third of their time: one more than there are cores keeps these busy.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: ProgramsFirst },
    projects: [...folders, "conformance", "bench", "chaos", "docs"]
      .filter((folder) => existsSync(`${folder}/test`))
      .map((folder) => ({
        extends: true,
        test: { name: folder, include: [`${folder}/test/**/*.test.ts?(x)`] },
      })),
  },
});
