/** Connection state recovery: a client that lost its connection continues where it was, or starts afresh. */
import { once } from "node:events";
import { type Session, SessionAwareAdapter } from "@sockeye/adapter";
import { FakeClock } from "@sockeye/core/testing";
import type { ServerOptions, Socket } from "@sockeye/server";
import { SessionAwareAdapter as OfficialSessionAwareAdapter } from "socket.io-adapter";
import type { Socket as Guest } from "socket.io-client";
import { describe, expect, test, vi } from "vitest";
import { type Raw, type World, world } from "./support/world.ts";

const recovering = (options: Partial<ServerOptions> = {}): Promise<World> =>
  world({ connectionStateRecovery: {}, ...options });

/** Cuts the client's connection as a lost network does. */
function cut(guest: Guest): void {
  (guest.io.engine.transport as unknown as { ws: { terminate(): void } }).ws.terminate();
}

/** What a raw client has received as events, with the offset of each. */
interface Heard {
  names: unknown[];
  offset: string | undefined;
}

async function hear(client: Raw, count: number, before?: string): Promise<Heard> {
  const heard: Heard = { names: [], offset: before };
  while (heard.names.length < count) {
    const event = JSON.parse(String(await client.next()).slice(2)) as unknown[];
    heard.names.push(event[0]);
    heard.offset = event.at(-1) as string;
  }
  return heard;
}

async function comeBack(
  { raw }: World,
  pid: string | undefined,
  offset?: string,
): Promise<[Raw, Record<string, string>]> {
  const client = await raw();
  return [client, await client.connect("", { pid, offset })];
}

async function leave(client: Raw, socket: Socket | undefined): Promise<void> {
  const gone = socket && once(socket, "disconnect");
  client.socket.terminate();
  await gone;
}

const socketOf = ({ io }: World, sid: string | undefined): Socket | undefined =>
  io.of("/").sockets.get(sid as string);

describe("an official client", () => {
  test("continues with its id, rooms, data and what it has missed, again and again", async () => {
    const place = await recovering();
    const { io } = place;
    const connections: Socket[] = [];
    io.on("connection", (socket) => connections.push(socket));
    const [first, guest] = await place.pair("/", { reconnectionDelay: 10, reconnectionDelayMax: 20 });
    const heard: string[] = [];
    guest.on("news", (text: string) => heard.push(text));
    first.data.name = "ada";
    first.join("red");
    io.emit("news", "0");
    await vi.waitFor(() => expect(heard).toEqual(["0"]));
    for (let round = 1; round <= 3; round++) {
      const back = once(guest as never, "connect");
      const gone = once(connections.at(-1) as Socket, "disconnect");
      cut(guest);
      await gone;
      io.to("red").emit("news", `${round}a`);
      io.to("blue").emit("news", "not for me");
      io.emit("news", `${round}b`);
      await back;
      expect(guest.recovered).toBe(true);
      const now = connections.at(-1) as Socket;
      expect([now.id, now.recovered, now.data]).toEqual([first.id, true, { name: "ada" }]);
      expect([...now.rooms].sort()).toEqual([first.id, "red"].sort());
      await vi.waitFor(() => expect(heard.slice(-2)).toEqual([`${round}a`, `${round}b`]));
    }
    expect(heard.length).toBe(7);
    expect(connections.length).toBe(4);
  });

  test("that never received an event continues too", async () => {
    const { io, pair } = await recovering();
    const [first, guest] = await pair("/", { reconnectionDelay: 10 });
    const heard: unknown[] = [];
    guest.on("news", (text: string) => heard.push(text));
    const back = once(guest as never, "connect");
    const gone = once(first, "disconnect");
    cut(guest);
    await gone;
    io.emit("news", "missed");
    await back;
    expect(guest.recovered).toBe(true);
    await vi.waitFor(() => expect(heard).toEqual(["missed"]));
  });

  test("that says goodbye does not come back to its session", async () => {
    const { io, pair } = await recovering();
    const [first, guest] = await pair();
    const gone = once(first, "disconnect");
    guest.disconnect();
    await gone;
    const next = once(io, "connection");
    guest.connect();
    const [second] = await next;
    expect([second.recovered, second.id === first.id]).toEqual([false, false]);
  });

  test("continues with Socket.IO's own adapter too", async () => {
    const { io, pair } = await recovering({ adapter: OfficialSessionAwareAdapter });
    const [first, guest] = await pair("/", { reconnectionDelay: 10 });
    const heard: string[] = [];
    guest.on("news", (text: string) => heard.push(text));
    io.emit("news", "before");
    await vi.waitFor(() => expect(heard).toEqual(["before"]));
    const back = once(guest as never, "connect");
    const gone = once(first, "disconnect");
    cut(guest);
    await gone;
    io.emit("news", "missed");
    await back;
    expect(guest.recovered).toBe(true);
    await vi.waitFor(() => expect(heard).toEqual(["before", "missed"]));
  });
});

test("the client may notice first: the new connection takes over from the stale one", async () => {
  const place = await recovering();
  const { io } = place;
  const client = await place.raw();
  const { sid, pid } = await client.connect();
  const stale = socketOf(place, sid) as Socket;
  const gone = once(stale, "disconnect");
  io.emit("a");
  const { offset } = await hear(client, 1);
  const [again, answer] = await comeBack(place, pid, offset);
  expect(answer.sid).toBe(sid);
  expect((await gone)[0]).toBe("transport close");
  expect(stale.connected).toBe(false);
  expect(socketOf(place, sid)).not.toBe(stale);
  await client.end();
  io.emit("b");
  expect((await hear(again, 1)).names).toEqual(["b"]);
  expect(io.of("/").sockets.size).toBe(1);
});

test("replayed events keep their offsets, so that a second drop loses and repeats nothing", async () => {
  const place = await recovering();
  const { io } = place;
  const first = await place.raw();
  const { sid, pid } = await first.connect();
  io.emit("a");
  const { offset } = await hear(first, 1);
  await leave(first, socketOf(place, sid));
  for (const name of ["b", "c", "d"]) io.emit(name);
  const [second] = await comeBack(place, pid, offset);
  const replayed = await hear(second, 2);
  expect(replayed.names).toEqual(["b", "c"]);
  await leave(second, socketOf(place, sid));
  const [third, answer] = await comeBack(place, pid, replayed.offset);
  expect(answer.sid).toBe(sid);
  expect((await hear(third, 1)).names).toEqual(["d"]);
});

test("events with an acknowledgement carry no offset, and what is pending is settled at the drop", async () => {
  const place = await recovering();
  const client = await place.raw();
  const { sid } = await client.connect();
  const socket = socketOf(place, sid) as Socket;
  const promise = socket.emitWithAck("ask", 1);
  expect(await client.next()).toMatch(/^42\d+\["ask",1\]$/);
  client.socket.terminate();
  await expect(promise).rejects.toThrow("socket has been disconnected");
});

describe("starts afresh", () => {
  async function dropped(options: Partial<ServerOptions> = {}) {
    const clock = new FakeClock();
    const place = await recovering({ clock, pingInterval: 1e9, connectTimeout: 1e9, ...options });
    const client = await place.raw();
    const { sid, pid } = await client.connect();
    place.io.emit("a");
    const { offset } = await hear(client, 1);
    await leave(client, socketOf(place, sid));
    return { place, clock, sid, pid, offset };
  }

  test("with an unknown pid", async () => {
    const { place, sid } = await dropped();
    const [, answer] = await comeBack(place, "x".repeat(24), undefined);
    expect(answer.sid).not.toBe(sid);
  });

  test("and the server tells why", async () => {
    const { place, pid } = await dropped();
    const reasons: unknown[] = [];
    place.io.on("connection", (socket) => reasons.push(socket.recoveryFailure));
    await place.raw().then((client) => client.connect());
    await comeBack(place, "A".repeat(20), undefined);
    await comeBack(place, pid, "made up");
    expect(reasons).toEqual([undefined, "unknown", "offset"]);
  });

  test("unless a later attempt of the same client overtakes: then the earlier connection ends", async () => {
    class SlowAdapter extends SessionAwareAdapter {
      readonly waiting: Array<() => void> = [];
      override async restoreSession(pid: string, offset: string | undefined): Promise<Session | null> {
        await new Promise<void>((resolve) => this.waiting.push(resolve));
        return super.restoreSession(pid, offset);
      }
    }
    const { place, sid, pid, offset } = await dropped({ adapter: SlowAdapter });
    const { waiting } = place.io.of("/").adapter as unknown as SlowAdapter;
    const [first, second] = [await place.raw(), await place.raw()];
    const ended = once(first.socket, "close");
    first.send(`40${JSON.stringify({ pid, offset })}`);
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    second.send(`40${JSON.stringify({ pid, offset })}`);
    await ended;
    await vi.waitFor(() => expect(waiting.length).toBe(2));
    // In whatever order the engine answers.
    for (const resolve of waiting.reverse()) resolve();
    expect(JSON.parse(String(await second.next()).slice(2)).sid).toBe(sid);
  });

  /** As adapters over an engine: a session can be asked for again, until somebody goes on with it. */
  class PatientAdapter extends SessionAwareAdapter {
    readonly waiting: Array<() => void> = [];
    override async restoreSession(pid: string): Promise<Session> {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      return { sid: "again", pid, rooms: ["again", "room"], data: {}, missedPackets: [] };
    }
  }

  test("unless a later attempt overtakes: what the earlier one finds takes nothing from it", async () => {
    const place = await recovering({ adapter: PatientAdapter });
    const adapter = place.io.of("/").adapter as unknown as PatientAdapter;
    const ended = vi.spyOn(adapter, "delAll");
    const [first, second] = [await place.raw(), await place.raw()];
    const closed = once(first.socket, "close");
    first.send('40{"pid":"secret"}');
    await vi.waitFor(() => expect(adapter.waiting.length).toBe(1));
    second.send('40{"pid":"secret"}');
    await closed;
    await vi.waitFor(() => expect(adapter.waiting.length).toBe(2));
    adapter.waiting[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).not.toHaveBeenCalled();
    adapter.waiting[1]?.();
    expect(JSON.parse(String(await second.next()).slice(2)).sid).toBe("again");
  });

  test("unless a later attempt overtakes it among the middlewares", async () => {
    const place = await recovering({ adapter: PatientAdapter });
    const { io } = place;
    const { waiting } = io.of("/").adapter as unknown as PatientAdapter;
    const passing: Array<() => void> = [];
    io.use((_socket, next) => passing.push(next));
    const [first, second] = [await place.raw(), await place.raw()];
    const closed = once(first.socket, "close");
    for (const [index, client] of [first, second].entries()) {
      client.send('40{"pid":"secret"}');
      await vi.waitFor(() => expect(waiting.length).toBe(index + 1));
      waiting[index]?.();
      await vi.waitFor(() => expect(passing.length).toBe(index + 1));
    }
    await closed;
    for (const pass of passing) pass();
    expect(JSON.parse(String(await second.next()).slice(2)).sid).toBe("again");
    expect(io.of("/").adapter.rooms.get("room")).toEqual(new Set(["again"]));
  });

  test("with a pid that is no string", async () => {
    const { place, sid } = await dropped();
    const client = await place.raw();
    const answer = await client.connect("", { pid: { toString: 1 }, offset: [] });
    expect(answer.sid).not.toBe(sid);
  });

  test("with the offset of another session", async () => {
    const { place, sid, pid } = await dropped();
    const other = await place.raw();
    const { sid: otherId } = await other.connect();
    place.io.to(otherId as string).emit("private");
    const { offset } = await hear(other, 1);
    const [, answer] = await comeBack(place, pid, offset);
    expect(answer.sid).not.toBe(sid);
  });

  test("after maxDisconnectionDuration, and an event tells that the session is gone", async () => {
    const { place, clock, sid, pid, offset } = await dropped({
      connectionStateRecovery: { maxDisconnectionDuration: 1000 },
    });
    const expired = once(place.io, "session_expired");
    clock.advance(1000);
    const [session, reason] = await expired;
    expect([session.sid, session.pid, reason]).toEqual([sid, pid, "timeout"]);
    const [, answer] = await comeBack(place, pid, offset);
    expect(answer.sid).not.toBe(sid);
  });

  test("when newer sessions needed the place", async () => {
    const { place, sid, pid, offset } = await dropped({ connectionStateRecovery: { maxSessions: 1 } });
    const expired = once(place.io, "session_expired");
    const other = await place.raw();
    const { sid: otherId } = await other.connect();
    await leave(other, socketOf(place, otherId));
    expect((await expired)[1]).toBe("evicted");
    const [, answer] = await comeBack(place, pid, offset);
    expect(answer.sid).not.toBe(sid);
  });
});

describe("middlewares", () => {
  const refuseSecond = (io: World["io"]) => {
    const seen = vi.fn();
    io.use((socket, next) => {
      seen(socket.recovered, socket.data.name);
      next(seen.mock.calls.length > 1 ? new Error("no more") : undefined);
    });
    return seen;
  };

  async function comeBackTo(place: World): Promise<[string | undefined, string]> {
    const first = await place.raw();
    const { sid, pid } = await first.connect();
    (socketOf(place, sid) as Socket).data.name = "ada";
    await leave(first, socketOf(place, sid));
    const again = await place.raw();
    again.send(`40${JSON.stringify({ pid })}`);
    return [sid, String(await again.next())];
  }

  test("run again for a recovered connection, and may refuse it", async () => {
    const place = await recovering();
    const seen = refuseSecond(place.io);
    const [, answer] = await comeBackTo(place);
    expect(answer).toBe('44{"message":"no more"}');
    expect(seen.mock.calls).toEqual([
      [false, undefined],
      [true, "ada"],
    ]);
    expect(place.io.of("/").adapter.rooms.size).toBe(0);
  });

  test("are skipped with skipMiddlewares", async () => {
    const place = await recovering({ connectionStateRecovery: { skipMiddlewares: true } });
    const seen = refuseSecond(place.io);
    const [sid, answer] = await comeBackTo(place);
    expect(answer).toContain(`"sid":"${sid}"`);
    expect(seen).toHaveBeenCalledOnce();
  });
});

test("without the option nothing is kept: no pid, no offsets", async () => {
  const { io, raw } = await world();
  const client = await raw();
  expect(Object.keys(await client.connect())).toEqual(["sid"]);
  io.emit("a", 1);
  expect(await client.next()).toBe('42["a",1]');
});

test("a session whose connection is refused or lost midway may be recovered later", async () => {
  const place = await recovering();
  const gates: Array<() => void> = [];
  const first = await place.raw();
  const { sid, pid } = await first.connect();
  await leave(first, socketOf(place, sid));
  place.io.use((_, next) => {
    gates.push(next);
  });
  const second = await place.raw();
  second.send(`40${JSON.stringify({ pid })}`);
  await vi.waitFor(() => expect(gates.length).toBe(1));
  second.socket.terminate();
  await vi.waitFor(() => expect(place.io.engine.clientsCount).toBe(0));
  gates[0]?.();
  const third = await place.raw();
  third.send(`40${JSON.stringify({ pid })}`);
  await vi.waitFor(() => expect(gates.length).toBe(2));
  gates[1]?.();
  expect(await third.next()).toContain(`"sid":"${sid}"`);
});
