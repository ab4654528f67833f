/** Builds the files that pages load into this package's dist/, where they look for them. */
import { fileURLToPath } from "node:url";
import { bundle } from "@sockeye/client/scripts/bundle.mjs";

await bundle("socket.io", fileURLToPath(new URL("../dist", import.meta.url)));
