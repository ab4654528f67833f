/** The engine's session against a server played by the test, on a clock that the test turns. */
import { FakeClock } from "@sockeye/core/testing";
import { describe, expect, test, vi } from "vitest";
import { Socket as NodeSocket } from "../src/engine/index.node.ts";
import { Socket as BrowserSocket } from "../src/engine/index.ts";
import type { EngineOptions } from "../src/engine/options.ts";
import { Session } from "../src/engine/session.ts";
import { engines, HANDSHAKE, session as sessionOf, TestTransport } from "./transport.ts";

const upgradable = { ...HANDSHAKE, upgrades: ["websocket"] };
const made = (at: number): TestTransport => TestTransport.made[at] as TestTransport;

describe.each(engines)("%s", (_name, Engine) => {
  const session = (options?: EngineOptions) => sessionOf(options, Engine);

  test("opens with the handshake, and tells who it is", () => {
    const { socket, transport } = session();
    const open = vi.fn();
    socket.on("open", open);
    expect(socket.readyState).toBe("opening");
    transport.accept();
    expect(open).toHaveBeenCalledOnce();
    expect([socket.readyState, socket.id, transport.query.sid]).toEqual(["open", "abc", "abc"]);
  });

  test("answers a ping with a pong", () => {
    const { transport } = session();
    transport.accept().receive("ping");
    expect(transport.types).toEqual(["pong"]);
  });

  test("is lost when no ping comes within pingInterval and pingTimeout", () => {
    const { socket, transport, clock } = session();
    const close = vi.fn();
    socket.on("close", close);
    transport.accept();
    clock.advance(44_999);
    transport.receive("ping");
    clock.advance(44_999);
    expect(close).not.toHaveBeenCalled();
    clock.advance(1);
    expect(close).toHaveBeenCalledExactlyOnceWith("ping timeout", undefined);
    expect([transport.closed, clock.pending]).toEqual([true, 0]);
  });

  test("is lost after a timer that was held back, if nothing was waiting to be read", () => {
    const { socket, transport, clock } = session();
    const close = vi.fn();
    socket.on("close", close);
    transport.accept();
    vi.spyOn(clock, "now").mockReturnValue(120_000);
    clock.advance(45_000);
    clock.advance(1000);
    expect(close).toHaveBeenCalledExactlyOnceWith("ping timeout", undefined);
  });

  test("knows that the ping is overdue before the timer has said so", () => {
    const { socket, transport, clock } = session();
    transport.accept();
    expect(socket._hasPingExpired()).toBe(false);
    vi.spyOn(clock, "now").mockReturnValue(45_001);
    expect(socket._hasPingExpired()).toBe(true);
  });

  test("upgrades: probe, pause, switch, and what was sent meanwhile follows on the new transport", () => {
    const { socket, transport } = session();
    const events: string[] = [];
    socket.on("upgrading", (to) => events.push(`upgrading ${to.name}`));
    socket.on("upgrade", (to) => events.push(`upgrade ${to.name}`));
    transport.accept(upgradable);
    const better = made(1);
    expect(better.query).toMatchObject({ sid: "abc", transport: "websocket", EIO: 4 });
    Reflect.apply(Reflect.get(better, "onOpen"), better, []);
    expect(better.types).toEqual(["ping probe"]);
    better.receive("pong", "probe");
    socket.send("during");
    expect(events).toEqual(["upgrading websocket"]);
    expect(transport.types).toEqual([]);
    better.drain();
    transport.onPaused?.();
    better.drain();
    expect(events).toEqual(["upgrading websocket", "upgrade websocket"]);
    expect(socket.transport).toBe(better);
    expect(better.types).toEqual(["ping probe", "upgrade", "message during"]);
  });

  test("stays on the old transport when the new one fails after the probe", () => {
    const { socket, transport } = session();
    const upgradeError = vi.fn();
    const resume = vi.spyOn(transport, "resume");
    socket.on("upgradeError", upgradeError);
    transport.accept(upgradable);
    const better = made(1);
    Reflect.apply(Reflect.get(better, "onOpen"), better, []);
    better.receive("pong", "probe");
    socket.send("during");
    better.fail();
    expect(upgradeError).toHaveBeenCalledOnce();
    expect(upgradeError.mock.calls[0]?.[0]).toMatchObject({
      message: "probe error: test error",
      transport: "websocket",
    });
    expect(resume).toHaveBeenCalledOnce();
    expect([socket.readyState, socket.transport, better.closed]).toEqual(["open", transport, true]);
    expect(transport.types).toEqual(["message during"]);
  });

  test("closes the new transport too when the connection is lost during the upgrade", () => {
    const { socket, transport } = session();
    transport.accept(upgradable);
    const better = made(1);
    transport.end();
    expect([socket.readyState, better.closed]).toEqual(["closed", true]);
  });

  test("close() waits for what was written, then says so", () => {
    const { socket, transport } = session();
    const close = vi.fn();
    socket.on("close", close);
    transport.accept();
    socket.send("last");
    socket.close();
    expect([socket.readyState, close.mock.calls]).toEqual(["closing", []]);
    transport.drain();
    expect(close).toHaveBeenCalledExactlyOnceWith("forced close", undefined);
  });

  test("close() during an upgrade waits for its end", () => {
    const { socket, transport } = session();
    transport.accept(upgradable);
    const better = made(1);
    Reflect.apply(Reflect.get(better, "onOpen"), better, []);
    better.receive("pong", "probe");
    better.drain();
    socket.close();
    expect(socket.readyState).toBe("closing");
    transport.onPaused?.();
    better.drain();
    expect([socket.readyState, better.closed]).toEqual(["closed", true]);
  });

  test("joins packets into one write, but for polling no more than maxPayload", () => {
    const { socket, transport } = session();
    transport.accept();
    socket.send("a");
    for (let i = 0; i < 5; i++) socket.send("x".repeat(30));
    transport.drain();
    transport.drain();
    expect(transport.written.map((packets) => packets.length)).toEqual([1, 3, 2]);
  });

  test("fails when the first transport does, unless told to try the others", () => {
    const { socket, transport } = session();
    const close = vi.fn();
    const error = vi.fn();
    socket.on("close", close).on("error", error);
    transport.fail();
    expect(error.mock.calls[0]?.[0]).toMatchObject({ message: "test error", type: "TransportError" });
    expect(close.mock.calls[0]?.[0]).toBe("transport error");
  });

  test("tryAllTransports: the next transport follows one that cannot connect", () => {
    const { socket, transport } = session({ tryAllTransports: true });
    const error = vi.fn();
    socket.on("error", error);
    transport.fail();
    expect([transport.closed, error.mock.calls]).toEqual([true, []]);
    made(1).accept();
    expect([socket.readyState, socket.transport.name]).toEqual(["open", "websocket"]);
  });

  test("rememberUpgrade: begins with WebSocket after a connection that had it", () => {
    Session.priorWebsocketSuccess = false;
    const first = session({ rememberUpgrade: true, tryAllTransports: true });
    expect(first.transport.name).toBe("polling");
    first.transport.fail();
    made(1).accept();
    expect(session({ rememberUpgrade: true }).transport.name).toBe("websocket");
    session({ rememberUpgrade: true }).transport.fail();
    expect(session({ rememberUpgrade: true }).transport.name).toBe("polling");
  });

  test("tells of a frame that cannot be decoded, and closes", () => {
    const { socket, transport } = session();
    const error = vi.fn();
    socket.on("error", error);
    transport.accept();
    Reflect.apply(Reflect.get(transport, "onData"), transport, ["9"]);
    expect(error.mock.calls[0]?.[0]).toMatchObject({ message: "server error", code: "parser error" });
    expect(socket.readyState).toBe("closed");
  });

  test("reports the lack of transports, after the listener has been added", () => {
    const { socket, clock } = session({ transportImplementations: [] });
    const error = vi.fn();
    socket.on("error", error);
    clock.advance(0);
    expect(error).toHaveBeenCalledExactlyOnceWith("No transports available");
  });

  test("passes over the name of a transport that there is not", () => {
    const transports = { polling: TestTransport };
    const tried = (...names: string[]): string[] =>
      new Session("http://host", { transports: names, clock: new FakeClock() }, transports).transports;
    expect([tried("flashsocket", "polling"), tried("flashsocket")]).toEqual([["polling"], []]);
  });

  test.each([
    [{ hostname: "::1", port: 3000 }, "ws://[::1]:3000/engine.io/?a=1"],
    [{ hostname: "a.org", secure: true, addTrailingSlash: false }, "wss://a.org/engine.io?a=1"],
    [{ host: "a.org", port: "80", path: "/x" }, "ws://a.org:80/x/?a=1"],
    [{}, "ws://localhost/engine.io/?a=1"],
  ])("%j is an address", (options, uri) => {
    const { opts } = new Engine(undefined, {
      ...options,
      query: { a: 1 },
      transportImplementations: [TestTransport],
    });
    const transport = TestTransport.made.at(-1) as TestTransport;
    const scheme = opts.secure ? "wss" : "ws";
    expect(Reflect.apply(Reflect.get(transport, "createUri"), transport, [scheme, opts.query])).toBe(uri);
  });

  test.each([
    ["http://a.org", false],
    ["ws://a.org", false],
    ["https://a.org", true],
    ["wss://a.org", true],
    ["a.org", false],
  ])("%s asks for TLS: %s", (uri, secure) => {
    const { opts } = new Engine(uri, { transportImplementations: [TestTransport], secure: !secure });
    expect(opts.secure).toBe(secure);
  });
});

test("a race starts with WebSocket alone, which wins when it opens in time", () => {
  const { socket, transport, clock } = sessionOf({ connect: "race" });
  expect(transport.name).toBe("websocket");
  clock.advance(299);
  transport.accept();
  clock.advance(1000);
  expect([TestTransport.made.length, socket.transport]).toEqual([1, transport]);
});

test("a race adds polling after a delay; whoever opens first is used, the other is closed", () => {
  for (const winner of [0, 1]) {
    const { socket, clock } = sessionOf({ connect: "race", raceDelay: 100 });
    clock.advance(100);
    expect(TestTransport.made.map(({ name }) => name)).toEqual(["websocket", "polling"]);
    made(winner).accept();
    expect(socket.transport).toBe(made(winner));
    expect([made(winner).closed, made(1 - winner).closed]).toEqual([false, true]);
    expect(socket.readyState).toBe("open");
  }
});

test("a race goes on with polling at once when WebSocket fails, and fails only with the last", () => {
  const { socket, transport } = sessionOf({ connect: "race" });
  const error = vi.fn();
  socket.on("error", error);
  transport.fail();
  expect(made(1).name).toBe("polling");
  expect(error).not.toHaveBeenCalled();
  made(1).fail();
  expect(error).toHaveBeenCalledOnce();
});

test("a race waits for WebSocket when polling fails first", () => {
  const { socket, transport, clock } = sessionOf({ connect: "race" });
  clock.advance(300);
  made(1).fail();
  transport.accept();
  expect([socket.readyState, socket.transport]).toEqual(["open", transport]);
});

test("survives a timer that was held back, if the ping that came meanwhile is read next", () => {
  const { socket, transport, clock } = sessionOf();
  const close = vi.fn();
  socket.on("close", close);
  transport.accept();
  // A frozen page: time passes, but nothing runs until it is shown again.
  vi.spyOn(clock, "now").mockReturnValue(120_000);
  clock.advance(45_000);
  expect(close).not.toHaveBeenCalled();
  transport.receive("ping");
  vi.mocked(clock.now).mockRestore();
  clock.advance(44_000);
  expect(close).not.toHaveBeenCalled();
});

test.each([
  ["browsers", BrowserSocket],
  ["Node.js", NodeSocket],
])("the engine client alone, for %s, refuses a race", (_platform, Socket) => {
  const options = { connect: "race", transports: [] };
  expect(() => new Socket("http://host", options)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
  expect(() => new Socket({ raceDelay: 1, transports: [] } as EngineOptions)).toThrow('"raceDelay"');
});
