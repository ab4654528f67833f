/** Our server and the latest official client. */
import { describeMatrix } from "../src/matrix/index.ts";
import { here } from "../src/server-kinds.ts";
import { latest } from "./guests.ts";

for (const guest of latest) describeMatrix(here("sockeye"), guest);
