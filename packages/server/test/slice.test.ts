/** The first things anybody does, with an official client. */
import { once } from "node:events";
import { expect, test } from "vitest";
import { world } from "./support/world.ts";

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  test(`connects, sends events and acknowledgements both ways over ${transports.join(" then ")}`, async () => {
    const { pair } = await world();
    const [socket, guest] = await pair("/", { transports });
    expect(guest.id).toBe(socket.id);
    socket.on("sum", (a: number, b: number, done: (sum: number) => void) => done(a + b));
    guest.on("double", (a: number, done: (b: number) => void) => done(a * 2));
    expect(await guest.emitWithAck("sum", 1, 2)).toBe(3);
    expect(await socket.emitWithAck("double", 4)).toBe(8);
    const bytes = Buffer.from([1, 2, 3]);
    const got = once(socket as never, "bytes");
    guest.emit("bytes", { nested: [bytes] });
    expect((await got)[0]).toEqual({ nested: [bytes] });
  });
}

test("broadcasts to rooms", async () => {
  const { io, pair } = await world();
  const [a, guestA] = await pair();
  const [b, guestB] = await pair();
  a.join("red");
  b.join(["red", "blue"]);
  const heard: string[] = [];
  guestA.on("hi", (who: string) => heard.push(`a ${who}`));
  guestB.on("hi", (who: string) => heard.push(`b ${who}`));
  io.to("red").emit("hi", "red");
  io.to("red").except("blue").emit("hi", "only a");
  a.broadcast.emit("hi", "others");
  a.to("blue").emit("hi", "blue");
  await Promise.all([a.emitWithAck("x").catch(() => {}), Promise.resolve()].slice(1));
  await expect.poll(() => heard.length).toBe(5);
  expect(heard.sort()).toEqual(["a only a", "a red", "b blue", "b others", "b red"]);
});
