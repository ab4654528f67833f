/** What a run leaves behind in the documentation. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { insert } from "../src/report/files.mjs";

const folder = mkdtempSync(join(tmpdir(), "sockeye-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

const page = (first: string, second: string) =>
  `# Page\n\n<!-- one -->\n\n${first}\n\n<!-- /figures -->\n\nBetween.\n\n<!-- two -->\n\n${second}\n\n<!-- /figures -->\n`;

test("each Node.js has a place of its own on the page", () => {
  const path = join(folder, "page.md");
  writeFileSync(path, page("old", "old"));
  insert(path, "<!-- two -->", "new");
  expect(readFileSync(path, "utf8")).toBe(page("old", "new"));
  insert(path, "<!-- one -->", "newer");
  expect(readFileSync(path, "utf8")).toBe(page("newer", "new"));
});

test("a page without the place stays as it is", () => {
  const path = join(folder, "other.md");
  writeFileSync(path, page("old", "old"));
  insert(path, "<!-- three -->", "new");
  expect(readFileSync(path, "utf8")).toBe(page("old", "old"));
});
