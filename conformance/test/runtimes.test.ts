/** Servers and clients in processes of Node.js 20 and 24, from the built packages. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll } from "vitest";
import { javascript } from "../src/guests/javascript.ts";
import { javascriptUnder } from "../src/guests/process.ts";
import { connecting } from "../src/matrix/connect.ts";
import { eventing } from "../src/matrix/events.ts";
import { upgrading } from "../src/matrix/load.ts";
import { beating, parting } from "../src/matrix/parting.ts";
import { describeParty } from "../src/matrix/party.ts";
import { recovering } from "../src/matrix/recovery.ts";
import { nodeRuntimes } from "../src/needs.ts";
import { here, under } from "../src/server-kinds.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

// The processes run what is built: bring it up to date with the sources under test.
beforeAll(() => {
  const { status, stdout } = spawnSync("npx", ["tsc", "-b", "conformance"], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
}, 120_000);

for (const node of nodeRuntimes()) {
  describeParty(under(node, "sockeye"), javascript("socket.io-client", "upgrade"), [
    connecting,
    eventing,
    parting,
    beating,
    recovering,
    upgrading,
  ]);
  if (node.path !== process.execPath)
    describeParty(here("sockeye"), javascriptUnder(node, "socket.io-client", "upgrade"), [
      connecting,
      eventing,
    ]);
  describeParty(here("sockeye"), javascriptUnder(node, "@sockeye/client", "upgrade"), [
    connecting,
    eventing,
    parting,
    beating,
    recovering,
  ]);
}
