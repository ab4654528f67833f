/** The scenario as a process: tells its address to the parent, and closes when the parent says so, or ends. */
import { openTheatre, type Stack, type StageOptions } from "../stage.ts";

const [stack = "sockeye", options = "{}"] = process.argv.slice(2);
const { io, url, clear } = await openTheatre(stack as Stack, JSON.parse(options) as StageOptions);

process.send?.(url);
// The parent is gone, however that went.
const orphaned = (): void => process.exit();
process.once("disconnect", orphaned);
process.once("message", async (message) => {
  process.off("disconnect", orphaned);
  await (message === "close" ? io.close() : clear());
  process.disconnect();
});
