/** Versions of the packages that take part. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @param {string} name */
export function versionOf(name) {
  return JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8")).version;
}

/**
 * The folder of an installed package, found the way Node.js finds it, whatever its `exports` show.
 * @param {string} name
 */
function folderOf(name) {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) throw new Error(`The package ${name} is not installed`);
    folder = dirname(folder);
  }
}
