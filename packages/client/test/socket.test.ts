/** What a Socket does with events while it is, and is not, connected: a server and a clock played by the test. */
import { FakeClock } from "@sockeye/core/testing";
import { describe, expect, test, vi } from "vitest";
import { Manager as CoreManager } from "../src/manager.ts";
import { Manager } from "../src/sockeye/manager.ts";
import { observe } from "../src/sockeye/observe.ts";
import type { ManagerOptions, SocketOptions } from "../src/sockeye/options.ts";
import type { Socket } from "../src/sockeye/socket.ts";
import { BetterTransport, HANDSHAKE, TestTransport } from "./transport.ts";

interface Played {
  socket: Socket;
  clock: FakeClock;
  /** The messages that the client sent on the present connection. */
  sent(): string[];
  /** The server accepts the connection and the namespace. */
  accept(connect?: string): Promise<void>;
  /** The server sends a message. */
  say(...messages: string[]): Promise<void>;
}

const last = (): TestTransport => TestTransport.made.at(-1) as TestTransport;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function playOn(Class: typeof Manager, options: SocketOptions & Partial<ManagerOptions> = {}): Played {
  const clock = new FakeClock();
  TestTransport.made = [];
  const io = new Class("http://host", {
    clock,
    transportImplementations: [TestTransport],
    randomizationFactor: 0,
    ...options,
  });
  const say = async (...messages: string[]): Promise<void> => {
    for (const message of messages) last().receive("message", message);
    await settle();
  };
  return {
    socket: io.socket("/", options),
    clock,
    say,
    async accept(connect = '0{"sid":"s"}') {
      last().accept();
      await settle();
      while (last().written.length && !last().writable) last().drain();
      await say(connect);
    },
    sent() {
      while (!last().writable) last().drain();
      return last()
        .written.flat()
        .filter(({ type }) => type === "message")
        .map(({ data }) => data);
    },
  };
}

/** Classes of Managers: what the core offers is held by either. */
const managers: [string, typeof Manager][] = [
  ["core", CoreManager as unknown as typeof Manager],
  ["everything", Manager],
];

describe.each(managers)("%s", (_name, Class) => {
  const play = (options?: Parameters<typeof playOn>[1]) => playOn(Class, options);

  test("keeps events until there is a connection, where they can be seen, and sends them before it says so", async () => {
    const { socket, accept, sent } = play();
    socket.emit("a", 1).emit("b", () => {});
    expect(socket.sendBuffer.map(({ data, id }) => [data, id])).toEqual([
      [["a", 1], undefined],
      [["b"], 0],
    ]);
    let before: string[] = [];
    socket.on("connect", () => {
      before = sent();
    });
    await accept();
    expect(before).toEqual(["0", '2["a",1]', '20["b"]']);
    expect(socket.sendBuffer).toEqual([]);
  });

  test("what cannot be encoded throws at emit", async () => {
    const { socket, accept } = play();
    await accept();
    expect(() => socket.emit("n", 1n)).toThrow(TypeError);
  });

  test("timeout(): the acknowledgement comes, or fails, once", async () => {
    const { socket, accept, say, clock } = play();
    await accept();
    const ack = vi.fn();
    socket.timeout(100).emit("a", ack);
    socket.timeout(100).emit("b", ack);
    await say('30["yes",2]');
    clock.advance(100);
    await say('31["late"]', '30["again"]', '37["never asked"]');
    expect(ack.mock.calls).toEqual([
      [null, "yes", 2],
      [expect.objectContaining({ message: "operation has timed out", code: "ERR_TIMEOUT" })],
    ]);
  });

  test("an acknowledgement is called with what came, and nothing else", async () => {
    const { socket, accept, say } = play();
    await accept();
    const ack = vi.fn();
    socket.emit("a", ack).emit("b", ack);
    await say("30[]", '31[{"code":1},2]');
    expect(ack.mock.calls).toEqual([[], [{ code: 1 }, 2]]);
  });

  test("ackTimeout is the timeout of all others, and what has timed out is not sent any more", async () => {
    const { socket, clock, accept, sent } = play({ ackTimeout: 50, autoConnect: false });
    socket.connect();
    const answer = socket.emitWithAck("a");
    answer.catch(() => {});
    clock.advance(50);
    await expect(answer).rejects.toThrow("operation has timed out");
    await accept();
    expect(sent()).toEqual(["0"]);
  });

  test("acknowledgements that can still come fail when the connection is lost; buffered events keep waiting", async () => {
    const { socket, accept, clock, say } = play();
    await accept();
    const sent = socket.emitWithAck("sent");
    const plain = vi.fn();
    socket.emit("plain", plain);
    last().end();
    await expect(sent).rejects.toMatchObject({
      message: "socket has been disconnected",
      code: "ERR_DISCONNECTED",
    });
    const buffered = socket.emitWithAck("buffered");
    clock.advance(1000);
    await accept();
    await say('32["done"]');
    expect(await buffered).toBe("done");
    expect(plain).not.toHaveBeenCalled();
  });

  test("retries: one event at a time, sent again until it is acknowledged", async () => {
    const { socket, accept, say, sent, clock } = play({ retries: 2, ackTimeout: 100 });
    const done = vi.fn();
    socket.emit("a", 1, done);
    const second = socket.emitWithAck("b");
    await accept();
    expect(sent().slice(1)).toEqual(['20["a",1]']);
    clock.advance(100);
    expect(sent().slice(1)).toEqual(['20["a",1]', '20["a",1]']);
    await say('30["ok"]');
    expect(done.mock.calls).toEqual([[null, "ok"]]);
    expect(sent().at(-1)).toBe('21["b"]');
    await say('31["fine"]');
    expect(await second).toBe("fine");
  });

  test("retries: an event is given up after so many, and the next has its turn", async () => {
    const { socket, accept, sent, clock } = play({ retries: 1, ackTimeout: 100 });
    const done = vi.fn();
    socket.emit("a", done);
    socket.emit("b");
    await accept();
    clock.advance(100);
    expect(done).not.toHaveBeenCalled();
    clock.advance(100);
    expect(done.mock.calls).toEqual([[expect.objectContaining({ code: "ERR_TIMEOUT" })]]);
    expect(sent().slice(1)).toEqual(['20["a"]', '20["a"]', '21["b"]']);
  });

  test("retries: what was on its way when the connection was lost is sent again on the next", async () => {
    const { socket, accept, sent, clock } = play({ retries: 5, ackTimeout: 10_000 });
    await accept();
    socket.emit("a");
    last().end();
    clock.advance(1000);
    await accept();
    expect(sent().slice(1)).toEqual(['20["a"]']);
  });

  test("a refused namespace stays away without shouldRetry", async () => {
    const { socket, accept, clock } = play();
    await accept('4{"message":"no"}');
    clock.advance(60_000);
    expect([socket.active, last().closed, TestTransport.made.length]).toEqual([false, true, 1]);
  });

  test("events that come before the answer to CONNECT are handed over after it", async () => {
    const { socket, say } = play();
    const got: unknown[] = [];
    socket.on("early", (n) => got.push([n, socket.connected]));
    last().accept();
    await say('2["early",1]');
    expect([got, socket.receiveBuffer]).toEqual([[], [["early", 1]]]);
    await say('0{"sid":"s"}');
    expect(got).toEqual([[1, true]]);
  });

  test("recovery: sends pid and offset, and knows whether it was recovered", async () => {
    const { socket, accept, say, sent, clock } = play({ auth: { token: "t" } });
    await accept('0{"sid":"s","pid":"p"}');
    expect(socket.recovered).toBe(false);
    await say('2["news",1,"offset-1"]', '2["news",2,"offset-2"]', '2["other",3]');
    last().end();
    clock.advance(1000);
    await accept('0{"sid":"s","pid":"p"}');
    expect(sent()).toEqual(['0{"pid":"p","offset":"offset-2","token":"t"}']);
    expect([socket.recovered, socket.id]).toEqual([true, "s"]);
  });

  test("one that is made by hand connects by itself, unless its Manager is told to wait", async () => {
    const { socket, accept, sent, say } = play();
    const { io } = socket;
    const Socket = socket.constructor as new (...args: [typeof io, string, object?]) => Socket;
    await accept();
    const byHand = new Socket(io, "/a", { auth: { token: 1 } });
    expect(sent().at(-1)).toBe('0/a,{"token":1}');
    await say('0/a,{"sid":"b"}');
    expect([byHand.connected, io.socket("/a")]).toEqual([true, byHand]);
    const waiting = play({ autoConnect: false }).socket.io;
    expect(new Socket(waiting, "/a").active).toBe(false);
  });

  test("a v2 server is told from others", async () => {
    const { socket, accept } = play();
    const refused = vi.fn();
    socket.on("connect_error", refused);
    await accept("0");
    expect(refused.mock.calls[0]?.[0].message).toMatch(/v2/);
  });

  test("emitting again and again while the ping is overdue does not put off the end of a dead connection", async () => {
    const { socket, accept, clock } = play();
    await accept();
    vi.spyOn(clock, "now").mockReturnValue(60_000);
    for (let i = 0; i < 2; i++) {
      socket.emit("a");
      clock.advance(600);
    }
    expect(socket.connected).toBe(false);
  });

  test("what was emitted while the ping was overdue is sent on the next connection, if the server is gone indeed", async () => {
    const { socket, accept, sent, say, clock } = play();
    await accept();
    vi.spyOn(clock, "now").mockReturnValue(60_000);
    const answer = socket.emitWithAck("a");
    vi.mocked(clock.now).mockRestore();
    clock.advance(1000);
    expect(socket.connected).toBe(false);
    clock.advance(1000);
    await accept();
    expect(sent()).toEqual(["0", '20["a"]']);
    await say('30["yes"]');
    expect(await answer).toBe("yes");
  });

  test("a throwing listener is the application's affair: the connection stays", async () => {
    const { socket, accept } = play();
    await accept();
    const thrown = new Promise((resolve) => process.once("uncaughtException", resolve));
    const listeners = process.listeners("uncaughtException").slice(0, -1);
    for (const listener of listeners) process.off("uncaughtException", listener);
    socket.on("a", () => {
      throw new Error("mine");
    });
    last().receive("message", '2["a"]');
    expect(await thrown).toMatchObject({ message: "mine" });
    for (const listener of listeners) process.on("uncaughtException", listener);
    expect(socket.connected).toBe(true);
  });

  test.each(["disconnect", "connect_error"] as const)(
    "connect() straight in a listener of %s is no lost wake-up: the next loss is restored, too",
    async (event) => {
      const { socket, accept, clock } = play();
      socket.once(event, () => socket.connect());
      if (event === "disconnect") await accept();
      if (event === "disconnect") last().end();
      else last().fail();
      expect(TestTransport.made).toHaveLength(2);
      await accept();
      // Whatever waited for the connection has ended.
      clock.advance(20_000);
      expect([socket.connected, socket.io._reconnecting]).toEqual([true, false]);
      last().end();
      clock.advance(1000);
      await accept();
      expect([socket.connected, TestTransport.made.length]).toEqual([true, 3]);
    },
  );

  test("connect() straight in the listener of a refusal opens a new connection, however often", async () => {
    const { socket, accept, clock } = play();
    let refusals = 0;
    socket.on("connect_error", () => {
      if (++refusals < 20) socket.connect();
    });
    while (refusals < 20) await accept('4{"message":"no"}');
    expect([socket.active, TestTransport.made.length, clock.pending]).toEqual([false, 20, 0]);
    socket.connect();
    await accept();
    expect(socket.connected).toBe(true);
  });

  test("the Manager opened by hand while the next attempt is awaited goes on restoring the connection", async () => {
    const { socket, accept, clock } = play();
    const attempts: number[] = [];
    socket.io.on("reconnect_attempt", (attempt) => attempts.push(attempt));
    await accept();
    last().end();
    socket.io.open();
    clock.advance(1000);
    last().fail();
    clock.advance(2000);
    await accept();
    last().end();
    clock.advance(1000);
    await accept();
    expect([socket.connected, TestTransport.made.length, attempts]).toEqual([true, 4, [2, 1]]);
  });

  test("a Manager that is closed while a better transport is tried closes that one, too", async () => {
    const { socket } = play({ transportImplementations: [TestTransport, BetterTransport] });
    last().accept({ ...HANDSHAKE, upgrades: ["websocket"] });
    expect(TestTransport.made).toHaveLength(2);
    socket.io.close();
    // What has been written leaves first.
    TestTransport.made[0]?.drain();
    expect(TestTransport.made.map(({ closed }) => closed)).toEqual([true, true]);
  });

  test("works behind a Proxy, as UI libraries wrap what they are given", async () => {
    const { socket, accept, sent } = play();
    const wrapped = new Proxy(socket, {});
    wrapped.on("x", () => {});
    wrapped.emit("a");
    await accept();
    wrapped.timeout(10).emit("b", () => {});
    expect(sent()).toEqual(["0", '2["a"]', '20["b"]']);
    expect(wrapped.listeners("x")).toHaveLength(1);
  });
});

const play = (options?: Parameters<typeof playOn>[1]) => playOn(Manager, options);

test("clearBuffer() forgets what waits, all or some, and settles who waits for it", async () => {
  const { socket, accept, sent } = play();
  socket.emit("plain");
  const answer = socket.emitWithAck("asked");
  socket.emit("kept");
  socket.clearBuffer(({ data }) => (data as string[])[0] !== "kept");
  await expect(answer).rejects.toMatchObject({ code: "ERR_DROPPED" });
  await accept();
  expect(sent()).toEqual(["0", '2["kept"]']);
});

test('offline "drop" forgets events, "reject" tells: the acknowledgement if it takes an error, else the Manager', async () => {
  for (const offline of ["drop", "reject"] as const) {
    const { socket } = play({ offline });
    const told = vi.fn();
    socket.io.on("emit_error", told);
    socket.emit("plain", 1, 2).emit("with callback", () => {});
    await expect(socket.emitWithAck("asked")).rejects.toMatchObject({ code: "ERR_OFFLINE" });
    expect(socket.sendBuffer).toEqual([]);
    expect(told.mock.calls.map(([error, ...event]) => [error.code, ...event])).toEqual(
      offline === "drop"
        ? []
        : [
            ["ERR_OFFLINE", "plain", [1, 2]],
            ["ERR_OFFLINE", "with callback", []],
          ],
    );
  }
});

test("maxBufferedEvents and maxBufferedBytes refuse the event that is too many", async () => {
  const events = play({ maxBufferedEvents: 1 }).socket;
  events.emit("first");
  await expect(events.emitWithAck("second")).rejects.toMatchObject({ code: "ERR_BUFFER_FULL" });
  expect(events.sendBuffer).toHaveLength(1);
  const bytes = play({ maxBufferedBytes: 40 }).socket;
  bytes.emit("x", "y".repeat(20));
  await expect(bytes.emitWithAck("x", "y".repeat(20))).rejects.toMatchObject({ code: "ERR_BUFFER_FULL" });
  expect(bytes.sendBuffer).toHaveLength(1);
});

test("volatile events are dropped when they cannot leave at once", async () => {
  const { socket, accept, sent } = play();
  socket.volatile.emit("early");
  await expect(socket.volatile.emitWithAck("asked")).rejects.toMatchObject({ code: "ERR_DROPPED" });
  await accept();
  sent();
  socket.volatile.emit("now");
  socket.volatile.emit("busy");
  expect(sent()).toEqual(["0", '2["now"]']);
});

test("an event larger than maxPayload fails at emit, with both sizes, and the connection stays", async () => {
  const { socket, accept } = play();
  await accept();
  const told = vi.fn();
  socket.io.on("emit_error", told);
  socket.emit("big", "ä".repeat(60));
  expect(told).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ code: "ERR_PAYLOAD_TOO_LARGE", size: 132, maxPayload: 100 }),
    "big",
    ["ä".repeat(60)],
  );
  await expect(socket.emitWithAck("big", new Uint8Array(90))).rejects.toMatchObject({
    code: "ERR_PAYLOAD_TOO_LARGE",
    size: 121,
  });
  expect(socket.connected).toBe(true);
  // 100 bytes with the type digits of both protocols.
  expect(() => socket.emit("fits", "y".repeat(87))).not.toThrow();
  expect(told).toHaveBeenCalledOnce();
});

test("an event that was too large is found out when the buffer is flushed, and the others go on", async () => {
  const { socket, accept, sent } = play();
  const answer = socket.emitWithAck("big", "x".repeat(200));
  answer.catch(() => {});
  socket.emit("small");
  await accept();
  await expect(answer).rejects.toMatchObject({ code: "ERR_PAYLOAD_TOO_LARGE" });
  expect(sent()).toEqual(["0", '2["small"]']);
});

test("a signal ends the wait with its reason, also before the event is sent", async () => {
  const { socket, accept, sent, clock } = play();
  await accept();
  const controller = new AbortController();
  const answer = socket.signal(controller.signal).emitWithAck("a");
  controller.abort(new Error("enough"));
  await expect(answer).rejects.toThrow("enough");
  await expect(socket.signal(AbortSignal.abort(new Error("never"))).emitWithAck("b")).rejects.toThrow(
    "never",
  );
  expect(sent()).toEqual(["0", '20["a"]']);
  // The heartbeat's.
  expect(clock.pending).toBe(1);
});

test("whenConnected() resolves, or tells why it cannot", async () => {
  const good = play();
  const waiting = good.socket.whenConnected();
  await good.accept();
  expect(await waiting).toBe(good.socket);
  expect(await good.socket.whenConnected()).toBe(good.socket);

  const refused = play();
  const refusal = refused.socket.whenConnected();
  refusal.catch(() => {});
  await refused.accept('4{"message":"who?","data":{"a":1}}');
  await expect(refusal).rejects.toMatchObject({ message: "who?", data: { a: 1 } });

  const slow = play();
  const late = slow.socket.whenConnected({ timeout: 100 });
  late.catch(() => {});
  slow.clock.advance(100);
  await expect(late).rejects.toMatchObject({ code: "ERR_TIMEOUT" });

  const aborted = play().socket.whenConnected({ signal: AbortSignal.abort(new Error("no more")) });
  await expect(aborted).rejects.toThrow("no more");

  const left = play();
  const never = left.socket.whenConnected();
  never.catch(() => {});
  left.socket.disconnect();
  await expect(never).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });

  const lost = play({ reconnection: false });
  const failed = lost.socket.whenConnected();
  failed.catch(() => {});
  last().fail();
  await expect(failed).rejects.toThrow("test error");
});

test("whenConnected() waits through failed attempts, and gives up with them", async () => {
  const { socket, clock } = play({ reconnectionAttempts: 1 });
  const waiting = socket.whenConnected();
  waiting.catch(() => {});
  last().fail();
  clock.advance(1000);
  last().fail();
  await expect(waiting).rejects.toThrow("test error");
});

test("shouldRetry: asks again with fresh credentials, after the delay that it says", async () => {
  let token = 0;
  const asked: unknown[] = [];
  const { socket, accept, say, sent, clock } = play({
    auth: () => ({ token: ++token }),
    shouldRetry: ({ data }) => {
      asked.push(data);
      return (data as { retry: boolean | number }).retry;
    },
  });
  await accept('4{"message":"expired","data":{"retry":500}}');
  expect([socket.active, socket.connected]).toEqual([true, false]);
  clock.advance(500);
  await settle();
  await say('4{"message":"expired","data":{"retry":true}}');
  clock.advance(1000);
  await settle();
  expect(sent()).toEqual(['0{"token":1}', '0{"token":2}', '0{"token":3}']);
  await say('4{"message":"no","data":{"retry":false}}');
  expect([socket.active, asked.length]).toEqual([false, 3]);
});

test("observe(): one frozen snapshot for each change, the same object between changes", async () => {
  vi.spyOn(Date, "now").mockReturnValue(1_000_000);
  const { socket, accept, clock } = play({ autoConnect: false });
  const store = observe(socket);
  const seen: unknown[] = [];
  const stop = store.subscribe(() => {
    const { status, transport, attempt, nextAttemptAt } = store.getSnapshot();
    seen.push([status, transport, attempt, nextAttemptAt]);
  });
  expect(store.getSnapshot()).toMatchObject({ status: "disconnected", recovered: false, error: undefined });
  expect(store.getSnapshot()).toBe(store.getSnapshot());
  expect(Object.isFrozen(store.getSnapshot())).toBe(true);
  socket.connect();
  await accept();
  last().end();
  clock.advance(1000);
  last().fail();
  expect(store.getSnapshot().error).toMatchObject({ message: "test error" });
  socket.disconnect();
  expect(seen).toEqual([
    ["connecting", undefined, 0, undefined],
    ["connecting", "polling", 0, undefined],
    ["connected", "polling", 0, undefined],
    ["reconnecting", undefined, 1, 1_001_000],
    ["reconnecting", undefined, 1, undefined],
    ["reconnecting", undefined, 2, 1_002_000],
    ["disconnected", undefined, 0, undefined],
  ]);
  stop();
  socket.connect();
  expect(seen).toHaveLength(7);
  vi.mocked(Date.now).mockRestore();
});

test("retryBuffer shows what waits for its acknowledgement, or for its turn", async () => {
  const { socket, accept, say, sent, clock } = play({ retries: 2, ackTimeout: 100 });
  socket.emit("a");
  socket.emit("b");
  await accept();
  clock.advance(100);
  expect(sent()).toEqual(['0{"delivery":[null,0]}', '20["a"]', '20["a"]']);
  expect(socket.retryBuffer.map(({ args, tryCount, pending }) => [args[0], tryCount, pending])).toEqual([
    ["a", 2, true],
    ["b", 0, false],
  ]);
  await say("30[]", "31[]");
  expect(socket.retryBuffer).toEqual([]);
});

test.each([
  ["offline", "drop"],
  ["connect", "race"],
  ["signal", new AbortController().signal],
  ["shouldRetry", () => true],
])("the core refuses the option %s, and says who has it", (name, value) => {
  const expected = { code: "ERR_OPTION", message: `"${name}" is an option of "@sockeye/client"` };
  const refusal = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return { ...(error as object), message: (error as Error).message };
    }
  };
  const options: object = { autoConnect: false, [name]: value };
  expect(refusal(() => new CoreManager("http://host", options))).toEqual(expected);
  const manager = new CoreManager("http://host", { autoConnect: false });
  expect(refusal(() => manager.socket("/", options))).toEqual(expected);
  expect(() => new Manager("http://host", options).socket("/", options)).not.toThrow();
});

test("an emit while the ping is overdue waits; when the server is heard from after all, it is sent", async () => {
  const { socket, accept, sent, clock } = play();
  await accept();
  vi.spyOn(clock, "now").mockReturnValue(60_000);
  socket.emit("a");
  expect(sent()).toEqual(["0"]);
  last().receive("ping");
  expect(sent()).toEqual(["0", '2["a"]']);
  expect(socket.sendBuffer).toEqual([]);
});
