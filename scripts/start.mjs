/** `npm start`, and `npm run start:cluster [URL]` on three servers: from a fresh clone to a running chat, in one command. */
import { build, install, run } from "./install.mjs";

const [program = "main", ...args] = process.argv.slice(2);
install();
build();
// Ctrl-C reaches the whole process group; the playground closes itself, so this process only waits for it.
process.on("SIGINT", () => {});
run(process.execPath, ["--enable-source-maps", `apps/playground/dist/${program}.js`, ...args]);
