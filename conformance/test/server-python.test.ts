/** Our server and python-socketio. */
import { describe } from "vitest";
import { describeMatrix } from "../src/matrix/index.ts";
import { lacks } from "../src/needs.ts";
import { here } from "../src/server-kinds.ts";
import { pythons } from "./guests.ts";

describe.skipIf(lacks("python3-socketio"))("python-socketio", () => {
  for (const guest of pythons) describeMatrix(here("sockeye"), guest);
});
