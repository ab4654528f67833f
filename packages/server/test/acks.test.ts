/** Acknowledgements: each settles once, whatever happens, and leaves nothing behind. */
import { FakeClock } from "@sockeye/core/testing";
import type { Socket } from "@sockeye/server";
import { expect, test, vi } from "vitest";
import { world } from "./support/world.ts";

/** How many answers a socket still expects. */
const expected = (socket: Socket): number => (socket as unknown as { acks: { size: number } }).acks.size;

test("an answer reaches the callback with all its arguments, the promise with the first", async () => {
  const { pair } = await world();
  const [socket, guest] = await pair();
  guest.on("ask", (question, done) => done(`${question}!`, "more"));
  const callback = vi.fn();
  socket.emit("ask", "really", callback);
  expect(await socket.emitWithAck("ask", "yes")).toBe("yes!");
  expect(callback).toHaveBeenCalledExactlyOnceWith("really!", "more");
  expect(await socket.timeout(9000).emitWithAck("ask", "so")).toBe("so!");
  const withError = vi.fn();
  socket.timeout(9000).emit("ask", "how", withError);
  await vi.waitFor(() => expect(withError).toHaveBeenCalledExactlyOnceWith(null, "how!", "more"));
  expect(expected(socket)).toBe(0);
});

test("binary travels in questions and answers", async () => {
  const { pair } = await world();
  const [socket, guest] = await pair();
  guest.on("echo", (bytes, done) => done({ bytes, empty: Buffer.alloc(0) }));
  expect(await socket.emitWithAck("echo", Buffer.from([1, 2]))).toEqual({
    bytes: Buffer.from([1, 2]),
    empty: Buffer.alloc(0),
  });
});

test("a client is answered once, however often the callback is called", async () => {
  const { io, raw } = await world();
  io.on("connection", (socket) => {
    socket.on("ask", (done) => {
      done("first");
      done("second");
    });
  });
  const client = await raw();
  await client.connect();
  client.send('4212["ask"]', '4213["ask"]');
  expect([await client.next(), await client.next()]).toEqual(['4312["first"]', '4313["first"]']);
});

test("a timeout is told once, a late answer is ignored, and nothing is left", async () => {
  const clock = new FakeClock();
  const { pair } = await world({ clock });
  const [socket, guest] = await pair();
  let answer: ((text: string) => void) | undefined;
  guest.on("slow", (done) => {
    answer = done;
  });
  guest.on("fast", (done) => done("fast"));
  const [callback, promise] = [vi.fn(), socket.timeout(50).emitWithAck("slow")];
  socket.timeout(50).emit("slow", callback);
  await vi.waitFor(() => expect(answer).toBeDefined());
  clock.advance(50);
  await expect(promise).rejects.toThrow("operation has timed out");
  answer?.("late");
  expect(await socket.emitWithAck("fast")).toBe("fast");
  expect(callback).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: "operation has timed out" }),
  );
  expect(expected(socket)).toBe(0);
});

test("a disconnection settles what is pending, with and without a timeout", async () => {
  const { pair } = await world();
  const [socket, guest] = await pair();
  const [withError, without] = [vi.fn(), vi.fn()];
  const promises = [socket.emitWithAck("never"), socket.timeout(10_000).emitWithAck("never")];
  socket.timeout(10_000).emit("never", withError);
  socket.emit("never", without);
  guest.disconnect();
  for (const promise of promises) await expect(promise).rejects.toThrow("socket has been disconnected");
  expect(withError).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: "socket has been disconnected" }),
  );
  expect(without).not.toHaveBeenCalled();
  expect(expected(socket)).toBe(0);
  await expect(socket.emitWithAck("after")).rejects.toThrow("socket has been disconnected");
});

test("an AbortSignal cancels, before and after the event is sent", async () => {
  const { pair } = await world();
  const [socket, guest] = await pair();
  const heard = vi.fn();
  guest.onAny(heard);
  const controller = new AbortController();
  const promise = socket.timeout(10_000).signal(controller.signal).emitWithAck("never");
  const callback = vi.fn();
  socket.signal(controller.signal).emit("never", callback);
  controller.abort(new Error("changed my mind"));
  await expect(promise).rejects.toThrow("changed my mind");
  expect(callback).toHaveBeenCalledExactlyOnceWith(new Error("changed my mind"));
  await expect(socket.signal(controller.signal).emitWithAck("unsent")).rejects.toThrow("changed my mind");
  socket.emit("sync");
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith("sync"));
  expect(heard).not.toHaveBeenCalledWith("unsent", expect.anything());
  expect(expected(socket)).toBe(0);
});

test("answers to what was never asked are ignored, a million of them too", async () => {
  const { io, raw } = await world();
  io.on("connection", (socket) => socket.on("sync", (done) => done()));
  const client = await raw();
  await client.connect();
  for (let id = 0; id < 1000; id++) client.send(`43${id}["forged"]`, `43${9_000_000_000_000 + id}[]`);
  client.send('421["sync"]');
  expect(await client.next()).toBe("431[]");
});

test("an event that times out while it waits for a poll is not sent any more", async () => {
  const clock = new FakeClock();
  const { io, url } = await world({ clock });
  const arrived = new Promise<Socket>((resolve) => io.on("connection", resolve));
  const open = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(open.slice(1)) as { sid: string };
  const polling = `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  await fetch(polling, { method: "POST", body: "40" });
  const socket = await arrived;
  const promise = socket.timeout(50).emitWithAck("in vain");
  socket.emit("kept");
  clock.advance(50);
  await expect(promise).rejects.toThrow("operation has timed out");
  const payload = await (await fetch(polling)).text();
  expect(payload).toContain('42["kept"]');
  expect(payload).not.toContain("in vain");
});
