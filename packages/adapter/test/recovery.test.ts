/** Recovery: exactly what was missed, bounded, and for nobody else. */
import { type Session, SessionAwareAdapter } from "@sockeye/adapter";
import { FakeNamespace, type FakeSocket } from "@sockeye/adapter/testing";
import { FakeClock } from "@sockeye/core/testing";
import { beforeEach, describe, expect, test } from "vitest";

const MINUTE = 60_000;
const HEARTBEAT = 65_000;

let clock: FakeClock;
let nsp: FakeNamespace;
let adapter: SessionAwareAdapter;

function start(options: object = {}): void {
  clock = new FakeClock();
  nsp = new FakeNamespace("/", { connectionStateRecovery: options });
  adapter = new SessionAwareAdapter(nsp, { clock });
  nsp.adapter = adapter;
}

beforeEach(() => start());

const say = (text: string, rooms: string[] = [], except: string[] = [], flags = {}): unknown =>
  adapter.broadcast({ type: 2, data: [text] }, { rooms: new Set(rooms), except: new Set(except), flags });

const offsetOf = (data: unknown): string => (data as string[]).at(-1) as string;
const lastOffset = (socket: FakeSocket): string => offsetOf(socket.received.at(-1));
const texts = (session: Session | null): unknown => session?.missedPackets.map(([text]) => text);

/** What the server does when a connection is lost. */
function drop(socket: FakeSocket): void {
  adapter.persistSession({
    sid: socket.id,
    pid: `pid-${socket.id}`,
    rooms: [...socket.rooms],
    data: socket.data,
  });
  socket.disconnect();
}

/** What the server does when a client comes back and is admitted. */
async function comeBack(sid: string, offset?: string): Promise<Session | null> {
  const session = await adapter.restoreSession(`pid-${sid}`, offset);
  if (session) nsp.connect(session.sid, session.rooms);
  return session;
}

describe("what a client gets when it comes back", () => {
  test("events of its rooms and for everybody, sent while it was away, in order, with their offsets", async () => {
    const a = nsp.connect("a", ["r1"]);
    const b = nsp.connect("b", ["r1", "r2"]);
    say("before", ["r1"]);
    drop(a);
    say("room", ["r1"]);
    say("other room", ["r2"]);
    say("both", ["r1", "r2"]);
    say("everybody");
    say("direct", ["a"]);
    say("not for a", [], ["a"]);
    const session = await comeBack("a", lastOffset(a));
    expect(texts(session)).toEqual(["room", "both", "everybody", "direct"]);
    expect(session?.missedPackets[0]).toEqual(b.received[1]);
    expect(session).toMatchObject({ sid: "a", rooms: ["a", "r1"], data: {} });
  });

  test("also when it never received any event, however long it has been connected", async () => {
    const a = nsp.connect("a", ["r1"]);
    say("for others", ["r2"]);
    clock.advance(60 * MINUTE);
    say("sent into the dead connection", ["r1"]);
    clock.advance(30_000);
    drop(a);
    say("while away", ["r1"]);
    expect(texts(await comeBack("a"))).toEqual(["sent into the dead connection", "while away"]);
  });

  test("nothing, when nothing was sent", async () => {
    const a = nsp.connect("a");
    drop(a);
    clock.advance(MINUTE);
    expect(texts(await comeBack("a"))).toEqual([]);
  });

  test("what was sent before the server noticed the drop, and nothing twice", async () => {
    const a = nsp.connect("a");
    say("received");
    const offset = lastOffset(a);
    say("lost on the way");
    drop(a);
    expect(texts(await comeBack("a", offset))).toEqual(["lost on the way"]);
  });

  test("nothing that was sent before it connected", async () => {
    say("history");
    const a = nsp.connect("a");
    drop(a);
    expect(texts(await comeBack("a"))).toEqual([]);
  });

  test("of a room, only what was sent while it was in it", async () => {
    nsp.connect("b");
    const a = nsp.connect("a");
    say("first", ["a"]);
    const offset = lastOffset(a);
    say("before joining", ["r1"]);
    a.join("r1");
    say("as a member", ["r1"]);
    a.leave("r1");
    say("after leaving", ["r1"]);
    a.join("r2");
    say("except r2", [], ["r2"]);
    a.leave("r2");
    say("no longer excepted", [], ["r2"]);
    drop(a);
    expect(texts(await comeBack("a", offset))).toEqual(["as a member", "no longer excepted"]);
  });

  test("events that were sent while it was being admitted", async () => {
    drop(nsp.connect("a", ["r1"]));
    const session = await adapter.restoreSession("pid-a", undefined);
    say("meanwhile", ["r1"]);
    nsp.connect("a", ["r1"]);
    say("afterwards", ["r1"]);
    expect(texts(session)).toEqual(["meanwhile"]);
    expect(nsp.sockets.get("a")?.received.map((data) => (data as string[])[0])).toEqual(["afterwards"]);
  });

  test("no volatile events, and none that ask for an acknowledgement", async () => {
    drop(nsp.connect("a"));
    say("volatile", [], [], { volatile: true });
    adapter.broadcast({ type: 2, data: ["with ack"], id: 7 }, { rooms: new Set(), except: new Set() });
    say("plain");
    expect(texts(await comeBack("a"))).toEqual(["plain"]);
  });
});

test("a slow client is believed: it gets all after its offset, also what it was sent long before the drop", async () => {
  const a = nsp.connect("a");
  say("received");
  const offset = lastOffset(a);
  say("waited in a buffer");
  clock.advance(100_000);
  drop(a);
  expect(texts(await comeBack("a", offset))).toEqual(["waited in a buffer"]);
});

describe("a client may come back", () => {
  test("again and again, each time with what it missed since", async () => {
    let socket = nsp.connect("a");
    say("0");
    let offset = lastOffset(socket);
    for (let round = 1; round <= 5; round++) {
      drop(socket);
      say(`away ${round}`);
      const session = await comeBack("a", offset);
      expect(texts(session)).toEqual([`away ${round}`]);
      offset = offsetOf(session?.missedPackets.at(-1));
      socket = nsp.sockets.get("a") as FakeSocket;
      clock.advance(MINUTE);
    }
  });

  test("when the replay itself was lost with the next connection", async () => {
    drop(nsp.connect("a"));
    say("missed");
    clock.advance(110_000);
    expect(texts(await comeBack("a"))).toEqual(["missed"]);
    clock.advance(20_000);
    drop(nsp.sockets.get("a") as FakeSocket);
    expect(texts(await comeBack("a"))).toEqual(["missed"]);
  });

  test("after a refused attempt", async () => {
    drop(nsp.connect("a"));
    say("missed");
    await adapter.restoreSession("pid-a", undefined);
    adapter.delAll("a");
    expect(texts(await comeBack("a"))).toEqual(["missed"]);
  });

  test("with the offset of a volatile event", async () => {
    const a = nsp.connect("a");
    say("received");
    say("volatile", ["a"], [], { volatile: true });
    drop(a);
    say("missed");
    expect(texts(await comeBack("a", lastOffset(a)))).toEqual(["missed"]);
  });

  test("although its last event is older than all that is kept, when it missed nothing since", async () => {
    const a = nsp.connect("a", ["r1"]);
    say("long ago", ["r1"]);
    for (let minute = 0; minute < 10; minute++) {
      clock.advance(MINUTE);
      say("from a to the others", [], ["a"]);
    }
    drop(a);
    say("missed", ["r1"]);
    expect(texts(await comeBack("a", lastOffset(a)))).toEqual(["missed"]);
  });
});

describe("a fresh session instead", () => {
  test("for a private id that is unknown", async () => {
    drop(nsp.connect("a"));
    expect(await adapter.restoreSession("pid-x", undefined)).toBeNull();
    expect(await adapter.restoreSession("__proto__", undefined)).toBeNull();
  });

  test("for the offset of another session, of another server, of the future, or nonsense", async () => {
    const [a, b] = [nsp.connect("a"), nsp.connect("b")];
    say("for a", ["a"]);
    say("for b", ["b"]);
    drop(a);
    const other = new SessionAwareAdapter(nsp, { clock });
    other.broadcast({ type: 2, data: ["x"] }, { rooms: new Set(["b"]), except: new Set() });
    const future = `${lastOffset(a).slice(0, 12)}zz`;
    for (const offset of [
      offsetOf(b.received[0]),
      lastOffset(b),
      future,
      "",
      "0",
      "-1",
      `${lastOffset(a)} `,
    ]) {
      expect(await adapter.restoreSession("pid-a", offset)).toBeNull();
    }
    expect(await comeBack("a", lastOffset(a))).not.toBeNull();
  });

  test("after it has come back, and while another connection does", async () => {
    drop(nsp.connect("a"));
    const attempts = [adapter.restoreSession("pid-a", undefined), adapter.restoreSession("pid-a", undefined)];
    expect((await Promise.all(attempts)).map((session) => session?.sid)).toEqual(["a", undefined]);
    nsp.connect("a");
    expect(await adapter.restoreSession("pid-a", undefined)).toBeNull();
  });

  test("when what it missed no longer fits the log", async () => {
    start({ maxPackets: 3 });
    drop(nsp.connect("a"));
    for (const text of ["1", "2", "3", "4"]) say(text);
    expect(await adapter.restoreSession("pid-a", undefined)).toBeNull();
  });

  test("when events sent into the dead connection no longer fit the log", async () => {
    start({ maxPackets: 3 });
    const a = nsp.connect("a");
    for (const text of ["1", "2", "3", "4", "5"]) say(text);
    drop(a);
    expect(await adapter.restoreSession("pid-a", offsetOf(a.received[0]))).toBeNull();
    expect(texts(await comeBack("a", offsetOf(a.received[1])))).toEqual(["3", "4", "5"]);
  });
});

describe("what is kept", () => {
  test("a session expires after its time, with an event, and not when it has been recovered", async () => {
    start({ maxDisconnectionDuration: 1000 });
    const expired: unknown[] = [];
    adapter.on("session_expired", (session, reason) => expired.push([session, reason]));
    drop(nsp.connect("a", ["r1"]));
    drop(nsp.connect("b"));
    await comeBack("b");
    clock.advance(999);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([[{ sid: "a", pid: "pid-a", rooms: ["a", "r1"], data: {} }, "timeout"]]);
    expect(await adapter.restoreSession("pid-a", undefined)).toBeNull();
    expect(adapter.recoveryState.sessions).toBe(0);
  });

  test("sessions are bounded in number; the oldest makes room", async () => {
    start({ maxSessions: 2 });
    const expired: unknown[] = [];
    adapter.on("session_expired", ({ sid }, reason) => expired.push([sid, reason]));
    for (const id of ["a", "b", "c"]) drop(nsp.connect(id));
    expect(expired).toEqual([["a", "evicted"]]);
    expect(adapter.recoveryState.sessions).toBe(2);
  });

  test("packets are bounded in number, bytes and age", () => {
    start({ maxPackets: 50, maxBytes: 20_000 });
    for (let n = 0; n < 1000; n++) say("x".repeat(n % 100));
    expect(adapter.recoveryState.packets).toBe(50);
    for (let n = 0; n < 100; n++) say("x".repeat(5000));
    expect(adapter.recoveryState.bytes).toBeLessThanOrEqual(20_000);
    clock.advance(2 * MINUTE + HEARTBEAT);
    expect(adapter.recoveryState).toEqual({ sessions: 0, packets: 0, bytes: 0 });
  });

  test("closing lets go of everything, timers included", async () => {
    drop(nsp.connect("a"));
    say("x");
    expect(clock.pending).toBeGreaterThan(0);
    await adapter.close();
    expect(clock.pending).toBe(0);
    expect(adapter.recoveryState).toEqual({ sessions: 0, packets: 0, bytes: 0 });
  });
});

test("the arguments of the application are left alone, and its listeners see no offset", () => {
  const a = nsp.connect("a");
  const packet = { type: 2, data: ["hi", 1] };
  adapter.broadcast(packet, { rooms: new Set(), except: new Set() });
  expect(packet.data).toEqual(["hi", 1]);
  expect(a.outgoing[0]?.data).toEqual(["hi", 1]);
  expect(a.received[0]).toHaveLength(3);
});
