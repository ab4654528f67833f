/** The matrix: every chapter for one server and one guest. */
import type { Guest } from "../guest.ts";
import type { ServerKind } from "../server-kinds.ts";
import { connecting } from "./connect.ts";
import { eventing } from "./events.ts";
import { upgrading } from "./load.ts";
import { beating, parting } from "./parting.ts";
import { describeParty } from "./party.ts";
import { recovering } from "./recovery.ts";
import { gathering } from "./rooms.ts";

const whole = [connecting, eventing, gathering, parting, beating, recovering];

export function describeMatrix(server: ServerKind, guest: Guest): void {
  const chapters = guest.traits.transport === "upgrade" ? [...whole, upgrading] : whole;
  describeParty(server, guest, chapters);
}
