// @vitest-environment jsdom
/** The tests of @sockeye/react once more, bundled with the React 18 of this workspace. */
import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const root = process.cwd();
const tests = join(root, "packages/react/test");
const out = join(root, "node_modules/.cache/react-18");

const files = (await readdir(tests)).filter((name) => name.endsWith(".test.tsx"));
// In a process of its own: the DOM of this one is not what esbuild runs in.
execFileSync(process.execPath, [join(root, "packages/react-18/scripts/bundle.mjs"), out, ...files]);

test("this is React 18", async () => {
  const { version } = await import(join(root, "packages/react-18/node_modules/react/index.js"));
  expect(version).toMatch(/^18\./);
});

for (const file of files) {
  describe(file, async () => {
    // A page that a test leaves behind is found by the next one, and goes on when the DOM has gone.
    afterAll(() => expect(document.body.innerHTML).toBe(""));
    await import(join(out, file.replace(/tsx$/, "js")));
  });
}
