/** Our client with our server, and with the official one. */
import { describeMatrix } from "../src/matrix/index.ts";
import { here } from "../src/server-kinds.ts";
import { ours } from "./guests.ts";

for (const stack of ["sockeye", "official"] as const)
  for (const guest of ours) describeMatrix(here(stack), guest);
