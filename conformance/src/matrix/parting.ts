/** How it ends: by either side's wish, by a lost network, by a payload too large; and what is recovered after. */
import { describe, expect, test } from "vitest";
import type { Visitor } from "../guest.ts";
import { bytesOf, fence, identify, type Party } from "./party.ts";

/** Waits for the guest's disconnect; its reason counts where the guest tells one. */
async function parted(party: Party, visitor: Visitor, ...reasons: string[]): Promise<void> {
  const [reason] = await visitor.next("disconnect");
  if (party.guest.traits.reasons) expect(reasons).toContain(reason);
}

export function parting(party: Party): void {
  const { guest } = party;

  test("the guest leaves, and the server hears it", async () => {
    const visitor = await party.enter();
    const { id } = await identify(visitor);
    await visitor.leave();
    await parted(party, visitor, "io client disconnect");
    const reasons = ["client namespace disconnect", "transport close", "transport error"];
    expect(reasons).toContain(await party.stage.gone(id));
  });

  test("the server ends a namespace, after what it said before", async () => {
    const visitor = await party.enter();
    const { id } = await identify(visitor);
    visitor.emit("dismiss me");
    expect(await visitor.next("farewell")).toEqual(["namespace"]);
    await parted(party, visitor, "io server disconnect");
    expect(await party.stage.gone(id)).toBe("server namespace disconnect");
  });

  test("the server ends the connection, after what it said before", async () => {
    const visitor = await party.enter();
    const { id } = await identify(visitor);
    visitor.emit("hang up");
    expect(await visitor.next("farewell")).toEqual(["connection"]);
    await parted(party, visitor, "io server disconnect");
    expect(await party.stage.gone(id)).toBe("server namespace disconnect");
  });

  test("the server shuts down", async () => {
    const stage = await party.open();
    const visitor = await party.enter({}, stage.url);
    await fence(visitor);
    const closed = stage.close();
    await parted(party, visitor, "transport close", "transport error", "io server disconnect");
    await visitor.leave();
    if (!guest.traits.quirks.staysOnTheLine) await closed;
  });

  test("a payload over the limit ends that connection and no other", async () => {
    const stage = await party.open({ maxHttpBufferSize: 10_000 });
    const [heavy, other] = await Promise.all([party.enter({}, stage.url), party.enter({}, stage.url)]);
    if (guest.traits.transport === "upgrade") await heavy.call("upgraded");
    heavy.emit("echo", "x".repeat(20_000));
    if (guest.traits.quirks.deafTo413) await heavy.leave();
    else if (guest.traits.weighs) expect(await heavy.call("echo", "unharmed")).toEqual(["unharmed"]);
    else await parted(party, heavy, "transport close", "transport error");
    expect(await other.call("echo", bytesOf(1_000).toString("hex"))).toHaveLength(1);
    await Promise.all([heavy.leave(), other.leave()]);
  });

  test("a guest whose TCP connection was killed comes back as a new socket", async () => {
    const proxy = await party.proxyTo(party.stage);
    const visitor = await party.enter({ reconnection: true }, proxy.url);
    if (guest.traits.transport === "upgrade") await visitor.call("upgraded");
    const before = await identify(visitor);
    proxy.sever();
    await parted(party, visitor, "transport close", "transport error");
    proxy.restore();
    await visitor.next("connect");
    const after = await identify(visitor);
    expect(after.id).not.toBe(before.id);
    expect(after.recovered).toBe(false);
    await visitor.leave();
  });
}

/** These mostly wait: they run beside each other. */
export function beating(party: Party): void {
  describe.concurrent("heartbeats", () => beats(party));
}

function beats(party: Party): void {
  const { guest } = party;
  // Time enough for a guest that runs on a busy machine to answer, while it can.
  const heartbeat = { pingInterval: 100, pingTimeout: 1_000 };

  test("the guest notices when the server's heartbeats are lost", async () => {
    const stage = await party.open(heartbeat);
    const proxy = await party.proxyTo(stage);
    const visitor = await party.enter({}, proxy.url);
    if (guest.traits.transport === "upgrade") await visitor.call("upgraded");
    proxy.freeze("toGuest");
    await parted(party, visitor, "ping timeout");
    await visitor.leave();
  });

  // The official server does not notice it of a v2 client that has upgraded.
  const unnoticed =
    party.server.stack === "official" && guest.traits.eio === 3 && guest.traits.transport === "upgrade";

  test.skipIf(unnoticed)("the server notices when the guest's heartbeats are lost", async () => {
    const stage = await party.open(heartbeat);
    const proxy = await party.proxyTo(stage);
    const visitor = await party.enter({}, proxy.url);
    if (guest.traits.transport === "upgrade") await visitor.call("upgraded");
    const { id } = await identify(visitor);
    proxy.freeze("toServer");
    expect(await stage.gone(id)).toBe("ping timeout");
    await parted(party, visitor, "transport close", "ping timeout", "transport error");
    await visitor.leave();
  });

  test("heartbeats keep a quiet connection for many intervals", async () => {
    const stage = await party.open({ pingInterval: 30, pingTimeout: 2_000 });
    const visitor = await party.enter({}, stage.url);
    const until = Date.now() + 300;
    while (Date.now() < until) await fence(visitor);
    expect(visitor.take("disconnect")).toEqual([]);
    await visitor.leave();
  });
}
