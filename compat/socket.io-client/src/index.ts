/** The package socket.io-client, by its names. */
import * as client from "@sockeye/client/core";
import { io } from "@sockeye/client/core";

export * from "@sockeye/client/core";
export { default } from "@sockeye/client/core";

/** What require() gives: io(), with everything else on it. */
const face: typeof io & typeof client = Object.assign(io, client, { default: io });

export { face as "module.exports" };
