/** Rooms and broadcasts: who hears what, who answers, and who is there. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Visitor } from "../guest.ts";
import type { Audience } from "../scenario.ts";
import { bytesOf, fence, identify, type Party, plain } from "./party.ts";

/** Names nobody else uses: rows share one server. */
const rooms = (...names: string[]): string[] => names.map((name) => `${name} ${randomUUID()}`);

/** Which of the visitors hear what the first one tells this audience: their places in the list. */
async function hear(visitors: Visitor[], audience: Audience): Promise<number[]> {
  const word = randomUUID();
  visitors[0]?.emit("tell", audience, word);
  await fence(visitors[0] as Visitor);
  await Promise.all(visitors.map(fence));
  return visitors.flatMap((visitor, place) =>
    visitor.take("news").flatMap(([heard]) => (heard === word ? [place] : [])),
  );
}

const leaveAll = async (visitors: Visitor[]): Promise<void> => {
  await Promise.all(visitors.map((visitor) => visitor.leave()));
};

export function gathering(party: Party): void {
  test("everyone hears a broadcast, and the one who asks is left out of its own", async () => {
    const visitors = await party.crowd(3);
    expect(await hear(visitors, { from: "io" })).toEqual([0, 1, 2]);
    expect(await hear(visitors, { from: "socket" })).toEqual([1, 2]);
    await leaveAll(visitors);
  });

  test("a broadcast reaches the rooms named, once each, and none of the excepted", async () => {
    const [a = "", b = "", c = ""] = rooms("a", "b", "c");
    const visitors = await party.crowd(4);
    const [, one, two, three] = visitors;
    await one?.call("join", a);
    await two?.call("join", [a, b]);
    await three?.call("join", [b, c]);
    expect(await hear(visitors, { to: [a] })).toEqual([1, 2]);
    expect(await hear(visitors, { to: [a, b] })).toEqual([1, 2, 3]);
    expect(await hear(visitors, { to: [a, b], except: [c] })).toEqual([1, 2]);
    expect(await hear(visitors, { except: [a] })).toEqual([0, 3]);
    expect(await hear(visitors, { to: ["nobody's room"] })).toEqual([]);
    await two?.call("leave", b);
    expect(await hear(visitors, { to: [b] })).toEqual([3]);
    await leaveAll(visitors);
  });

  test("the server moves and disconnects everyone in a room", async () => {
    const [room = "", vip = ""] = rooms("moved", "vip");
    const visitors = await party.crowd(3);
    const [asking, one, two] = visitors as [Visitor, Visitor, Visitor];
    await Promise.all([one.call("join", room), two.call("join", room)]);
    await asking.call("invite", room, vip);
    expect(await hear(visitors, { to: [vip] })).toEqual([1, 2]);
    asking.emit("clear", room);
    await Promise.all([one.next("disconnect"), two.next("disconnect")]);
    expect(await asking.call("who", vip)).toEqual([[]]);
    await leaveAll(visitors);
  });

  test("a socket's id is a room of its own", async () => {
    const visitors = await party.crowd(2);
    const { id } = await identify(visitors[1] as Visitor);
    expect(await hear(visitors, { to: [id] })).toEqual([1]);
    await leaveAll(visitors);
  });

  test("a broadcast carries binary and unicode to everyone alike", async () => {
    const visitors = await party.crowd(2);
    visitors[0]?.emit("tell", {}, "grüße 🐟", { image: bytesOf(1000) });
    for (const visitor of visitors)
      expect(plain(await visitor.next("news"))).toEqual(plain(["grüße 🐟", { image: bytesOf(1000) }]));
    await leaveAll(visitors);
  });

  test("a volatile broadcast arrives where the connection is ready", async () => {
    const visitors = await party.crowd(2);
    if (party.guest.traits.transport === "upgrade")
      await Promise.all(visitors.map((visitor) => visitor.call("upgraded")));
    // Over polling a connection is ready only while a GET waits: ask until one was.
    const [asking, other] = visitors as [Visitor, Visitor];
    let heard: unknown[][] = [];
    for (let attempt = 0; attempt < 50 && heard.length === 0; attempt += 1) {
      asking.emit("tell", { volatile: true, from: "socket" }, "now or never");
      await fence(asking);
      await fence(other);
      heard = other.take("news");
    }
    expect(heard).toEqual([["now or never"]]);
    await leaveAll(visitors);
  });

  test("everyone in a room answers a broadcast, and its timeout tells what came", async () => {
    const [room = ""] = rooms("poll");
    const visitors = await party.crowd(3);
    await visitors[1]?.call("join", room);
    await visitors[2]?.call("join", room);
    expect(await visitors[0]?.call("poll", room, "question", 5_000)).toEqual([false, ["all", "all"]]);
    if (!party.guest.traits.quirks.alwaysAnswers)
      expect(await visitors[0]?.call("poll", room, "silent", 50)).toEqual([true, []]);
    await leaveAll(visitors);
  });

  test("the server knows who is in a room, and they are out of it when they leave", async () => {
    const [room = ""] = rooms("who");
    const visitors = await party.crowd(3);
    const [asking, one, two] = visitors as [Visitor, Visitor, Visitor];
    await Promise.all([one.call("join", room), two.call("join", room)]);
    const [first, second] = await Promise.all([identify(one), identify(two)]);
    expect(await asking.call("who", room)).toEqual([[first.id, second.id].sort()]);
    await one.leave();
    await party.stage.gone(first.id);
    expect(await asking.call("who", room)).toEqual([[second.id]]);
    await leaveAll([asking, two]);
  });
}
