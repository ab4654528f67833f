/** The adapter of one server, with Socket.IO's own as control wherever both must do the same. */
import { Adapter, type BroadcastOptions, SessionAwareAdapter } from "@sockeye/adapter";
import { describeAdapter, FakeNamespace } from "@sockeye/adapter/testing";
import * as official from "socket.io-adapter";
import { describe, expect, test, vi } from "vitest";

describeAdapter({ describe, test }, "official Adapter (control)", (nsp) => new official.Adapter(nsp));
describeAdapter({ describe, test }, "Adapter", (nsp) => new Adapter(nsp));
describeAdapter({ describe, test }, "SessionAwareAdapter", (nsp) => new SessionAwareAdapter(nsp));

function stage(): { nsp: FakeNamespace; adapter: Adapter } {
  const nsp = new FakeNamespace();
  const adapter = new Adapter(nsp);
  nsp.adapter = adapter;
  return { nsp, adapter };
}

const to = (rooms: string[], flags = {}): BroadcastOptions => ({
  rooms: new Set(rooms),
  except: new Set(),
  flags,
});

test("a broadcast that reaches nobody encodes nothing", () => {
  const { nsp, adapter } = stage();
  nsp.connect("a");
  adapter.broadcast({ type: 2, data: ["hi"] }, to(["none"]));
  expect(nsp.encodings).toBe(0);
});

test("what came as JSON is sent as that by an encoder that can, and as a plain packet by others", () => {
  const { nsp, adapter } = stage();
  const socket = nsp.connect("a");
  const packet = { type: 2, data: ["told"], json: '["told" ]' };
  adapter.broadcast({ ...packet }, to([]));
  nsp.server.encoder.encodeJson = ({ type }, json) => `{"type":${type},"data":${json},"id":7}`;
  adapter.broadcast({ ...packet }, to([]));
  expect(socket.packets).toEqual([
    { type: 2, nsp: "/", data: ["told"] },
    { type: 2, data: ["told"], id: 7 },
  ]);
  expect(nsp.encodings).toBe(1);
});

test("a namespace that prepares messages gets one prepared message for all sockets that take it", () => {
  const { nsp, adapter } = stage();
  const written: unknown[] = [];
  const prepare = vi.fn((encoded: unknown[]) => ({ prepared: encoded }));
  Object.assign(nsp, { prepare });
  for (const id of ["a", "b"]) {
    const socket = nsp.connect(id);
    const client = { writeToEngine: vi.fn(), writePrepared: (message: unknown) => written.push(message) };
    Object.defineProperty(socket, "client", { value: client });
  }
  const old = nsp.connect("old");
  adapter.broadcast({ type: 2, data: ["hi"] }, to([]));
  expect(prepare).toHaveBeenCalledOnce();
  expect(written).toHaveLength(2);
  expect(written[0]).toBe(written[1]);
  expect(old.received).toEqual([["hi"]]);
});

test("a listener that leaves and joins the room again does not make a broadcast endless", () => {
  const { nsp, adapter } = stage();
  const socket = nsp.connect("a", ["r"]);
  socket.notifyOutgoingListeners = () => {
    socket.leave("r");
    socket.join("r");
  };
  nsp.connect("b", ["r"]);
  adapter.broadcast({ type: 2, data: ["hi"] }, to(["r"]));
  expect(socket.received).toHaveLength(1);
});

test("acknowledgements that never come are dropped after the timeout, and late ones are ignored", async () => {
  vi.useFakeTimers();
  try {
    const { nsp, adapter } = stage();
    const [a, b] = [nsp.connect("a"), nsp.connect("b")];
    const ack = vi.fn();
    adapter.broadcastWithAck({ type: 2, data: ["ask"] }, to([], { timeout: 100 }), () => {}, ack);
    a.answer(1);
    vi.advanceTimersByTime(100);
    expect(b.acks.size).toBe(0);
    b.answer(2);
    expect(ack.mock.calls).toEqual([[1]]);
  } finally {
    vi.useRealTimers();
  }
});

test("when all have answered, no timer is left", () => {
  vi.useFakeTimers();
  try {
    const { nsp, adapter } = stage();
    const a = nsp.connect("a");
    adapter.broadcastWithAck(
      { type: 2, data: ["ask"] },
      to([], { timeout: 100 }),
      () => {},
      () => {},
    );
    expect(vi.getTimerCount()).toBe(1);
    a.answer();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("an event for the other servers is answered by none of them", async () => {
  const { adapter } = stage();
  const answer = await new Promise((resolve) => {
    adapter.serverSideEmit(["ping", (error: unknown, answers: unknown) => resolve([error, answers])]);
  });
  expect(answer).toEqual([null, []]);
});
