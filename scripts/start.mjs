/** `npm start`: from a fresh clone to a running chat, in one command. */
import { build, install, run } from "./install.mjs";

install();
build();
// Ctrl-C reaches the whole process group; the playground closes itself, so this process only waits for it.
process.on("SIGINT", () => {});
run(process.execPath, ["--enable-source-maps", "apps/playground/dist/main.js"]);
