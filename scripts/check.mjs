/** `npm run check`: everything about the code that can be told without running it. */
import { readdirSync, readFileSync } from "node:fs";
import { build, run } from "./install.mjs";

const published = ["packages", "compat"].flatMap((room) =>
  readdirSync(room)
    .map((name) => `${room}/${name}`)
    .filter((folder) => !JSON.parse(readFileSync(`${folder}/package.json`, "utf8")).private),
);

build();
run("npx", ["biome", "check", "--error-on-warnings"]);
run("npx", ["knip", "--no-config-hints"]);
for (const folder of published) {
  run("npx", ["publint", "run", "--strict", folder]);
  run("npx", ["attw", "--pack", folder, "--profile", "esm-only", "--quiet"]);
}
for (const folder of ["packages/client", "packages/react"]) {
  run("npm", ["run", "--silent", "--workspace", folder, "size"]);
}
