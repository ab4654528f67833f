/** The guest lists that test files share out among them: files run beside each other. */
import type { Guest } from "../src/guest.ts";
import { javascript, type Library } from "../src/guests/javascript.ts";
import { python } from "../src/guests/process.ts";
import { lacks } from "../src/needs.ts";

const hasPython = !lacks("python3-socketio");

const onEveryTransport = (library: Library): Guest[] => [
  javascript(library, "upgrade"),
  javascript(library, "polling"),
  javascript(library, "websocket"),
];

export const latest: Guest[] = onEveryTransport("socket.io-client");

export const ours: Guest[] = onEveryTransport("@sockeye/client");

export const earlier: Guest[] = [
  ...onEveryTransport("socket.io-client-3"),
  ...onEveryTransport("socket.io-client-2"),
];

export const msgpack: Guest[] = [
  javascript("socket.io-client", "upgrade", true),
  javascript("socket.io-client", "polling", true),
  ...(hasPython ? [python("asyncio", "websocket", true)] : []),
];

export const pythons: Guest[] = [
  python("sync", "upgrade"),
  python("sync", "polling"),
  python("sync", "websocket"),
  python("asyncio", "upgrade"),
  python("asyncio", "polling"),
  python("asyncio", "websocket"),
];
