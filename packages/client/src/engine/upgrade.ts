/** The move from one transport to a better one, without losing or reordering a packet. */
import type { Clock, Untyped } from "@sockeye/core";
import type { Emitter, NoEvents } from "../emitter.ts";
import type { EngineEvents } from "./events.ts";
import type { Transport } from "./transport.ts";

/** What an upgrade needs of its session. */
export interface UpgradeHome extends Emitter<NoEvents, NoEvents, EngineEvents> {
  readyState: string;
  transport: Transport;
  upgrading: boolean;
  readonly transports: string[];
  readonly clock_: Clock;
  /** Transports that are tried; the session closes them when it ends. */
  candidates_: Transport[];
  choose_(transport: Transport): void;
  createTransport(name: string): Transport;
  setTransport(transport: Transport): void;
  flush(): void;
}

/** Tries what the server offers and the session has. */
export function upgrade(session: UpgradeHome, upgrades: string[]): void {
  const names = upgrades.filter((name) => session.transports.includes(name));
  for (const name of names) {
    // WebTransport, where both are on offer, gets a head start.
    const wait = name === "websocket" && names.includes("webtransport");
    if (wait) session.clock_.setTimeout(() => probe(session, name), 200);
    else probe(session, name);
  }
}

/** Engine.IO protocol, "Upgrade": probe, let the old transport come to rest, switch. Ends in "upgrade" or "upgradeError". */
function probe(session: UpgradeHome, name: string): void {
  if (session.readyState !== "open" || session.upgrading || session.transport.name === name) return;
  const transport = session.createTransport(name);
  const fail = (reason: string | Error): void => {
    transport.off().close();
    session.upgrading = false;
    session.transport.resume();
    const error: Untyped = new Error(`probe error: ${(reason as Error).message ?? reason}`);
    error.transport = name;
    session.emitReserved("upgradeError", error);
    session.flush();
  };
  transport
    .on("error", fail)
    .on("close", () => fail("transport closed"))
    .on("open", () => transport.send([{ type: "ping", data: "probe" }]))
    .once("packet", ({ data }) => {
      if (data !== "probe") return fail("unexpected packet");
      session.choose_(transport);
      session.upgrading = true;
      session.emitReserved("upgrading", transport);
      session.transport.pause(() => {
        session.transport.off();
        session.candidates_ = [];
        session.setTransport(transport.off());
        transport.send([{ type: "upgrade" }]);
        session.upgrading = false;
        session.emitReserved("upgrade", transport);
        session.flush();
      });
    });
  session.candidates_.push(transport);
  transport.open();
}
