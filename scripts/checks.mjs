/** Everything about the code that can be told without running it; it has been built. */
import { run } from "./install.mjs";
import { checkPublished } from "./published.mjs";

export async function check() {
  run("npx", ["biome", "check", "--error-on-warnings"]);
  run("npx", ["knip", "--no-config-hints"]);
  await checkPublished();
  for (const folder of ["packages/client", "packages/react"]) {
    run("npm", ["run", "--silent", "--workspace", folder, "size"]);
  }
}
