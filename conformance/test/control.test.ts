/** The matrix against the official server: shows that it asks for what Socket.IO does. */
import type { Guest } from "../src/guest.ts";
import { javascript } from "../src/guests/javascript.ts";
import { python } from "../src/guests/process.ts";
import { describeMatrix } from "../src/matrix/index.ts";
import { here } from "../src/server-kinds.ts";

const everyone: Guest[] = [
  javascript("socket.io-client", "upgrade"),
  javascript("socket.io-client", "polling"),
  javascript("socket.io-client", "websocket"),
  javascript("socket.io-client", "upgrade", true),
  javascript("socket.io-client-3", "upgrade"),
  javascript("socket.io-client-3", "polling"),
  javascript("socket.io-client-3", "websocket"),
  javascript("socket.io-client-2", "upgrade"),
  javascript("socket.io-client-2", "polling"),
  javascript("socket.io-client-2", "websocket"),
  python("sync", "upgrade"),
  python("sync", "polling"),
  python("sync", "websocket"),
  python("asyncio", "upgrade"),
  python("asyncio", "polling"),
  python("asyncio", "websocket"),
  python("asyncio", "websocket", true),
];

const guests = process.env.CONFORMANCE_CONTROL ? everyone : everyone.slice(0, 1);
for (const guest of guests) describeMatrix(here("official"), guest);
