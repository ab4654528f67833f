/** Many at once, and an upgrade in the middle of traffic: nothing lost, nothing twice, nothing out of order. */
import { expect, test } from "vitest";
import { knock, type Visitor } from "../guest.ts";
import { fence, identify, type Party } from "./party.ts";

/** What is wrong with a sequence that should count from 0 to total - 1: nothing, in the good case. */
function faults(numbers: unknown[], total: number): object {
  const found = new Set(numbers);
  const lost = Array.from({ length: total }, (_, number) => number).filter((number) => !found.has(number));
  const repeated = numbers.length - found.size;
  const reordered = numbers.filter(
    (number, place) => place > 0 && Number(number) < Number(numbers[place - 1]),
  );
  return { lost, repeated, reordered };
}

const none = { lost: [], repeated: 0, reordered: [] };

/** Counts as fast as the event loop lets it, so that packets are under way at every moment of the upgrade. */
async function countTo(total: number, visitor: Visitor): Promise<void> {
  for (let number = 0; number < total; number += 1) {
    visitor.emit("count", number);
    if (number % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function exchange(visitor: Visitor, total: number): Promise<void> {
  const flood = visitor.call("flood", total);
  await countTo(total, visitor);
  await Promise.all([flood, visitor.call("upgraded")]);
  await fence(visitor);
  expect(faults(visitor.take("number").flat(), total)).toEqual(none);
  expect(faults(visitor.take("echo").flat(), total)).toEqual(none);
}

export function upgrading(party: Party): void {
  test("an upgrade under load loses, repeats and reorders nothing in either direction", async () => {
    const visitors = await party.crowd(10);
    await Promise.all(visitors.map((visitor) => exchange(visitor, 500)));
    await Promise.all(visitors.map((visitor) => visitor.leave()));
  });
}

export function crowding(party: Party, count: number): void {
  // So many take a busy machine a while.
  const patience = 25_000;

  test(`${count} guests at once connect, hear a broadcast and leave`, { timeout: 30_000 }, async () => {
    const visitors = Array.from({ length: count }, () => knock(party.guest, party.stage.url));
    await Promise.all(visitors.map((visitor) => visitor.next("connect", patience)));
    visitors[0]?.emit("tell", {}, "everyone");
    for (const visitor of visitors) expect(await visitor.next("news", patience)).toEqual(["everyone"]);
    const identities = await Promise.all(visitors.map(identify));
    expect(new Set(identities.map(({ id }) => id)).size).toBe(count);
    await Promise.all(visitors.map((visitor) => visitor.leave()));
    for (const { id } of identities) await party.stage.gone(id);
  });
}
