/** The move from one transport to a better one, without losing or reordering a packet. */
import type { Emitter, NoEvents } from "../emitter.ts";
import type { EngineEvents } from "./events.ts";
import type { Transport } from "./transport.ts";

/** What an upgrade needs of its session. */
export interface UpgradeHome extends Emitter<NoEvents, NoEvents, EngineEvents> {
  readyState: string;
  transport: Transport;
  upgrading: boolean;
  createTransport(name: string): Transport;
  setTransport(transport: Transport): void;
  flush(): void;
}

/** Engine.IO protocol, "Upgrade": probe, let the old transport come to rest, switch. Ends in "upgrade" or "upgradeError". */
export function probe(session: UpgradeHome, name: string): void {
  if (session.readyState !== "open" || session.upgrading || session.transport.name === name) return;
  const transport = session.createTransport(name);
  const settle = (): unknown => {
    transport.off();
    return session.off("close", stop).off("upgrading", stop);
  };
  const stop = (): void => {
    settle();
    transport.close();
  };
  const fail = (reason: string | Error): void => {
    stop();
    session.upgrading = false;
    session.transport.resume();
    const error = new Error(`probe error: ${(reason as Error).message ?? reason}`);
    session.emitReserved("upgradeError", Object.assign(error, { transport: name }));
    session.flush();
  };
  const finish = (): void => {
    settle();
    session.transport.off();
    session.setTransport(transport);
    transport.send([{ type: "upgrade" }]);
    session.upgrading = false;
    session.emitReserved("upgrade", transport);
    session.flush();
  };
  transport
    .on("error", fail)
    .on("close", () => fail("transport closed"))
    .on("open", () => transport.send([{ type: "ping", data: "probe" }]))
    .once("packet", ({ data }) => {
      if (data !== "probe") return fail("unexpected packet");
      session.off("upgrading", stop);
      session.upgrading = true;
      session.emitReserved("upgrading", transport);
      session.transport.pause(finish);
    });
  session.on("close", stop).on("upgrading", stop);
  transport.open();
}
