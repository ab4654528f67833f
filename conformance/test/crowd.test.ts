/** Five hundred guests at once, with our server; and, as a control, our client with the official one. */
import { describe } from "vitest";
import { javascript } from "../src/guests/javascript.ts";
import { crowding } from "../src/matrix/load.ts";
import { describeParty } from "../src/matrix/party.ts";
import { here } from "../src/server-kinds.ts";

const five = [(party: Parameters<typeof crowding>[0]) => crowding(party, 500)];

describe("our server", () => {
  describeParty(here("sockeye"), javascript("socket.io-client", "websocket"), five);
  describeParty(here("sockeye"), javascript("socket.io-client", "polling"), five);
  describeParty(here("sockeye"), javascript("@sockeye/client", "upgrade"), five);
});

describe.runIf(process.env.CONFORMANCE_CONTROL)("the official server", () => {
  describeParty(here("official"), javascript("@sockeye/client", "upgrade"), five);
});
