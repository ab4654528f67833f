/** Connection state recovery: what was sent while the connection was down arrives, and the socket is the same. */
import { describe, expect, test } from "vitest";
import type { Visitor } from "../guest.ts";
import type { TcpProxy } from "../tcp-proxy.ts";
import { fence, identify, type Party } from "./party.ts";

const options = {
  connectionStateRecovery: { maxDisconnectionDuration: 20_000, skipMiddlewares: true },
  pingInterval: 2_000,
  pingTimeout: 2_000,
};

interface Scene {
  visitor: Visitor;
  /** Not behind the proxy. */
  other: Visitor;
  proxy: TcpProxy;
}

async function rehearse(party: Party): Promise<Scene> {
  const stage = await party.open(options);
  const proxy = await party.proxyTo(stage);
  const visit = { reconnection: true };
  const [visitor, other] = await Promise.all([party.enter(visit, proxy.url), party.enter(visit, stage.url)]);
  if (party.guest.traits.transport === "upgrade") await visitor.call("upgraded");
  await visitor.call("join", "stalls");
  await visitor.call("remember", "seat", "A7");
  return { visitor, other, proxy };
}

/** Cuts the line, tells the room two things meanwhile, and waits for the guest to be back. */
async function interrupt({ visitor, other, proxy }: Scene): Promise<void> {
  proxy.sever();
  await visitor.next("disconnect");
  other.emit("tell", { to: ["stalls"] }, "missed", 1);
  other.emit("tell", { to: ["stalls"] }, "missed", 2);
  await fence(other);
  proxy.restore();
  await visitor.next("connect");
}

async function expectRecovered({ visitor }: Scene, id: string): Promise<void> {
  expect((await visitor.next("news")).slice(0, 2)).toEqual(["missed", 1]);
  expect((await visitor.next("news")).slice(0, 2)).toEqual(["missed", 2]);
  const identity = await identify(visitor);
  expect(identity).toMatchObject({ id, recovered: true, data: { seat: "A7" } });
  expect(identity.rooms).toContain("stalls");
}

const leave = async ({ visitor, other }: Scene): Promise<void> => {
  await Promise.all([visitor.leave(), other.leave()]);
};

export function recovering(party: Party): void {
  describe.runIf(party.guest.traits.recovery)("connection state recovery", () => {
    // The official server knows the session only after it has noticed the drop: over polling that may be late.
    const late = party.server.stack === "official" && party.guest.traits.transport === "polling";

    test.skipIf(late)(
      "brings back the socket, its rooms and what it missed after the TCP connection was killed",
      async () => {
        const scene = await rehearse(party);
        const { id } = await identify(scene.visitor);
        scene.other.emit("tell", { to: ["stalls"] }, "before");
        await scene.visitor.next("news");
        await interrupt(scene);
        await expectRecovered(scene, id);
        await leave(scene);
      },
    );

    test.runIf(party.server.stack === "sockeye")(
      "works when no event was ever received, and again and again",
      async () => {
        const scene = await rehearse(party);
        const { id } = await identify(scene.visitor);
        for (let round = 0; round < 3; round += 1) {
          await interrupt(scene);
          await expectRecovered(scene, id);
        }
        expect(scene.visitor.take("news")).toEqual([]);
        await leave(scene);
      },
    );
  });
}
