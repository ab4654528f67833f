/** The package socket.io-client, by its names. */
import * as client from "@sockeye/client";
import { io } from "@sockeye/client";

export * from "@sockeye/client";
export { default } from "@sockeye/client";

/** What require() gives: io(), with everything else on it. */
const face: typeof io & typeof client = Object.assign(io, client, { default: io });

export { face as "module.exports" };
