/** `npm test`: brings what the tests need, builds, checks, tests. Arguments are passed on to Vitest. */
import { ensureEnvironment } from "./environment.mjs";
import { build, install, run } from "./install.mjs";

install();
const missing = ensureEnvironment();
build();
// Loaded only now: what it needs may just have been installed.
const { check } = await import("./checks.mjs");
await check();
const env = { ...process.env, SOCKEYE_MISSING: missing.join(",") };
run("npx", ["vitest", "run", ...process.argv.slice(2)], { env });
