/** `npm run chaos`: a cluster under faults, every message counted; `npm run chaos -- --engine redis`. */
import { ensureEnvironment } from "./environment.mjs";
import { build, install, run } from "./install.mjs";

install();
ensureEnvironment();
build();
run(process.execPath, ["chaos/dist/main.js", ...process.argv.slice(2)]);
