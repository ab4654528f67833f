/** The matrix against the official server, which shows that it asks for what Socket.IO does. */
import { describeMatrix } from "../src/matrix/index.ts";
import { lacks } from "../src/needs.ts";
import { here } from "../src/server-kinds.ts";
import { earlier, latest, msgpack, pythons } from "./guests.ts";

const all = [...latest, ...earlier, ...msgpack, ...(lacks("python3-socketio") ? [] : pythons)];
const guests = process.env.CONFORMANCE_CONTROL ? all : latest.slice(0, 1);
for (const guest of guests) describeMatrix(here("official"), guest);
