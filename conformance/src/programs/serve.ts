/** The scenario as a process: tells its address to the parent, and closes when the parent says so. */
import { openTheatre, type Stack, type StageOptions } from "../stage.ts";

const [stack = "sockeye", options = "{}"] = process.argv.slice(2);
const { io, url, clear } = await openTheatre(stack as Stack, JSON.parse(options) as StageOptions);

process.send?.(url);
process.once("message", async (message) => {
  await (message === "close" ? io.close() : clear());
  process.disconnect();
});
