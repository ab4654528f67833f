/** Our server with the official msgpack parser, and clients that speak msgpack. */
import { describeMatrix } from "../src/matrix/index.ts";
import { here } from "../src/server-kinds.ts";
import { msgpack } from "./guests.ts";

for (const guest of msgpack) describeMatrix(here("sockeye"), guest);
