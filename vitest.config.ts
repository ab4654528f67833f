/** One test project per workspace; workspaces resolve each other's sources, so tests need no build. */
import { existsSync, readdirSync } from "node:fs";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const folders = ["packages", "compat", "apps"].flatMap((room) =>
  existsSync(room) ? readdirSync(room).map((name) => `${room}/${name}`) : [],
);
const conditions = ["source", ...defaultServerConditions];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 10_000,
    // By default one core is left free: on two, tests would wait for each other's waiting.
    maxWorkers: "100%",
    projects: [...folders, "conformance", "bench", "chaos", "docs"]
      .filter((folder) => existsSync(`${folder}/test`))
      .map((folder) => ({
        extends: true,
        test: { name: folder, include: [`${folder}/test/**/*.test.ts?(x)`] },
      })),
  },
});
