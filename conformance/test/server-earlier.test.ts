/** Our server and official clients of earlier generations: 3.x, and 2.x over Engine.IO 3. */
import { describeMatrix } from "../src/matrix/index.ts";
import { here } from "../src/server-kinds.ts";
import { earlier } from "./guests.ts";

for (const guest of earlier) describeMatrix(here("sockeye"), guest);
