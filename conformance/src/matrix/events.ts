/** Events and acknowledgements in both directions, text and binary, and the middlewares that see them. */
import { expect, test } from "vitest";
import type { Visitor } from "../guest.ts";
import { bytesOf, fence, type Party, plain } from "./party.ts";

const unicode = 'grüße — 日本語 🐟 \u2028 \u0000 \u001e \\ "quoted"';
const nested = { list: [1, 2.5, -3, null, true, { deep: [[["er"]]] }], empty: {}, text: unicode };

/** JSON and msgpack alike carry these; the binary ones come in every position. */
const binaries: Array<[string, unknown[]]> = [
  ["one attachment", [bytesOf(3)]],
  ["an empty attachment", [bytesOf(0)]],
  ["attachments deep in a structure", [{ a: [bytesOf(5), { b: bytesOf(6) }], text: unicode }, "end"]],
  ["ten attachments in order", [Array.from({ length: 10 }, (_, index) => bytesOf(index + 1))]],
];

async function spendAckZero(visitor: Visitor): Promise<void> {
  visitor.emit("ask in time", 1, "silent");
  await visitor.next("answers");
}

export function eventing(party: Party): void {
  const { guest } = party;

  test("an event comes back with each of its arguments", async () => {
    const visitor = await party.enter();
    visitor.emit("echo", 1, "two", nested, [], null, false, "");
    expect(await visitor.next("echo")).toEqual([1, "two", nested, [], null, false, ""]);
    visitor.emit("echo");
    expect(await visitor.next("echo")).toEqual([]);
    await visitor.leave();
  });

  test("a hundred events keep their order", async () => {
    const visitor = await party.enter();
    for (let number = 0; number < 100; number += 1) visitor.emit("count", number);
    await fence(visitor);
    expect(visitor.take("echo").flat()).toEqual(Array.from({ length: 100 }, (_, number) => number));
    await visitor.leave();
  });

  test("the server acknowledges, with no, one and several arguments", async () => {
    const visitor = await party.enter();
    expect(await visitor.call("echo")).toEqual([]);
    expect(await visitor.call("echo", nested)).toEqual([nested]);
    expect(await visitor.call("echo", 1, [2], "three")).toEqual([1, [2], "three"]);
    await visitor.leave();
  });

  test("the guest acknowledges, with several arguments and with binary", async () => {
    const visitor = await party.enter();
    if (guest.traits.quirks.losesAckZero) await spendAckZero(visitor);
    const args = ["a", [1], { b: bytesOf(4) }];
    visitor.emit("ask", ...args);
    expect(plain(await visitor.next("answers"))).toEqual(plain(args));
    await visitor.leave();
  });

  test("the server's timeout runs out on a silent guest, and not on one that answers", async () => {
    const visitor = await party.enter();
    const isSilent = !guest.traits.quirks.alwaysAnswers;
    visitor.emit("ask in time", isSilent ? 50 : 5_000, "silent");
    expect((await visitor.next("answers"))[0]).toBe(isSilent);
    visitor.emit("ask in time", 5_000, "question");
    expect(await visitor.next("answers")).toEqual([false, "in time"]);
    await visitor.leave();
  });

  test("acknowledgements of calls made together do not mix", async () => {
    const visitor = await party.enter();
    const calls = Array.from({ length: 30 }, (_, number) => visitor.call("echo", number));
    expect((await Promise.all(calls)).flat()).toEqual(Array.from({ length: 30 }, (_, number) => number));
    await visitor.leave();
  });

  const largest = guest.traits.quirks.largest ?? 5_000_000;
  const large: [string, unknown[]] = [`an attachment of ${largest / 1_000_000} MB`, [bytesOf(largest)]];

  test.each([...binaries, large])("binary both ways: %s", async (_name, args) => {
    const visitor = await party.enter();
    visitor.emit("echo", ...args);
    expect(plain(await visitor.next("echo"))).toEqual(plain(args));
    expect(plain(await visitor.call("echo", ...args))).toEqual(plain(args));
    await visitor.leave();
  });

  test("text and binary sent in turn keep their order", async () => {
    const visitor = await party.enter();
    const sent = Array.from({ length: 20 }, (_, number) => (number % 2 ? bytesOf(number) : `text ${number}`));
    for (const item of sent) visitor.emit("echo", item);
    await fence(visitor);
    expect(plain(visitor.take("echo").flat())).toEqual(plain(sent));
    await visitor.leave();
  });

  test.runIf(guest.traits.buffers)("binary arrives as a Buffer in Node.js", async () => {
    const visitor = await party.enter();
    const [answer] = await visitor.call("echo", Uint8Array.of(1, 2, 3));
    expect(Buffer.isBuffer(answer)).toBe(true);
    await visitor.leave();
  });

  test("volatile events that the connection cannot take at once are dropped, and nothing else is", async () => {
    const visitor = await party.enter();
    if (guest.traits.transport === "upgrade") await visitor.call("upgraded");
    const total = 1_000;
    expect(await visitor.call("volatile flood", total, "x".repeat(20_000))).toEqual(["after the flood"]);
    const numbers = visitor.take("number").map(([number]) => number as number);
    expect(numbers.length).toBeLessThan(total);
    expect(numbers).toEqual([...new Set(numbers)].sort((one, two) => one - two));
    await visitor.leave();
  });

  test("a middleware of the socket refuses one event and lets the others pass", async () => {
    const visitor = await party.enter();
    visitor.emit("forbidden", 1);
    expect(await visitor.next("refused")).toEqual(["not for you", { name: "forbidden" }]);
    expect(await visitor.call("echo", "passes")).toEqual(["passes"]);
    await visitor.leave();
  });
}
