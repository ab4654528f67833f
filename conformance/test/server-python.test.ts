/** Our server and python-socketio. */
import { describeMatrix } from "../src/matrix/index.ts";
import { here } from "../src/server-kinds.ts";
import { pythons } from "./guests.ts";

for (const guest of pythons) describeMatrix(here("sockeye"), guest);
