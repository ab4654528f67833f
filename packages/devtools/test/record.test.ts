/** What a recording holds of real connections, with our server and the official one. */
import { describe, expect, test } from "vitest";
import { type Entry, type PacketEntry, record } from "../src/index.ts";
import { brief, serve, servers, tape } from "./servers.ts";

const isPacket = (entry: Entry): entry is PacketEntry => entry.kind === "packet";

describe.each(servers)("a recording with %s", (_name, make) => {
  test("tells the handshake by WebSocket in its order", async () => {
    const { url } = await serve(make);
    const { socket, entries } = tape(url, { transports: ["websocket"] });
    await socket.whenConnected();
    expect(entries().map(brief)).toEqual([
      "* Connecting",
      "> GET websocket",
      "< 101 GET",
      "< open",
      "* Connected by websocket",
      "> CONNECT",
      "< CONNECT",
    ]);
  });

  test("tells each request of long-polling with its answer, status and sizes", async () => {
    const { url, io } = await serve(make);
    io.on("connection", (peer) => peer.on("echo", (value, done) => done(value)));
    const { socket, entries, seen } = tape(url, { transports: ["polling"] });
    await socket.emitWithAck("echo", "ä");
    await seen((entry) => entry.kind === "request" && entry.method === "GET" && entry.seq > 12);
    const requests = entries().filter((entry) => entry.kind === "request");
    const answered = requests.filter((entry) => entry.answer !== undefined);
    expect(answered.length).toBeGreaterThanOrEqual(4);
    for (const { answer, method, duration } of answered) {
      const response = entries().find(({ seq }) => seq === answer);
      expect(response).toMatchObject({ kind: "response", method, status: 200, duration });
    }
    // 42 0 ["echo","ä"]: two digits of types, one of the id, and two bytes for the letter.
    const posted = entries().find((entry) => isPacket(entry) && entry.event === "echo");
    expect(posted).toMatchObject({ bytes: new TextEncoder().encode('420["echo","ä"]').length });
  });

  test("a binary event by polling is one packet, and each of its POSTs is answered once", async () => {
    const { url, io } = await serve(make);
    io.on("connection", (peer) => peer.on("file", (_value, done) => done()));
    const { socket, entries } = tape(url, { transports: ["polling"] });
    await socket.whenConnected();
    await socket.emitWithAck("file", new Uint8Array(300));
    const posts = entries().filter((entry) => entry.kind === "request" && entry.method === "POST");
    const answers = entries().filter((entry) => entry.kind === "response" && entry.method === "POST");
    expect(answers).toHaveLength(posts.length);
    expect(answers.map((entry) => "request" in entry && entry.request)).toEqual(posts.map(({ seq }) => seq));
    const file = entries().find((entry) => isPacket(entry) && entry.event === "file");
    // Polling carries binary as "b" and base64.
    expect(file).toMatchObject({
      attachments: [300],
      bytes: '4510-["file",{"_placeholder":true,"num":0}]'.length + 2 + 400 - 1,
    });
  });

  test("tells the probe and the upgrade, and on which transport each packet went", async () => {
    const { url, io } = await serve(make);
    io.on("connection", (peer) => peer.on("echo", (value, done) => done(value)));
    const { socket, entries, seen } = tape(url);
    await seen((entry) => entry.kind === "note" && entry.text === "Upgraded to websocket");
    await socket.emitWithAck("echo", 1);
    const steps = entries()
      .filter(({ transport }) => transport === "websocket")
      .map(brief);
    expect(steps).toEqual([
      "> GET websocket",
      "< 101 GET",
      "> ping probe",
      "< pong probe",
      "> upgrade",
      "* Upgraded to websocket",
      "> EVENT echo",
      "< ACK echo",
    ]);
  });

  test("pairs acknowledgements with their events in both directions, with the latency", async () => {
    const { url, io } = await serve(make);
    io.on("connection", (peer) => {
      peer.on("up", (_value, done) => done("fine"));
      peer.emit("down", 1, () => {});
    });
    const { socket, entries, seen } = tape(url, { transports: ["websocket"] });
    socket.on("down", (_value, done) => done("fine"));
    await socket.emitWithAck("up", 1);
    await seen((entry) => isPacket(entry) && entry.event === "down" && entry.type === "ACK");
    for (const name of ["up", "down"]) {
      const [event, ack] = entries().filter((entry) => isPacket(entry) && entry.event === name) as [
        PacketEntry,
        PacketEntry,
      ];
      expect([event.type, ack.type]).toEqual(["EVENT", "ACK"]);
      expect([event.pair, ack.pair]).toEqual([ack.seq, event.seq]);
      expect(event.latency).toBe(ack.at - event.at);
    }
  });

  test("tells the heartbeat", async () => {
    const { url } = await serve(make, { pingInterval: 30 });
    const { entries, seen } = tape(url, { transports: ["websocket"] });
    await seen((entry) => entry.kind === "frame" && entry.type === "pong");
    const beats = entries().filter((entry) => entry.kind === "frame" && entry.type !== "open");
    expect(beats.slice(0, 2).map(brief)).toEqual(["< ping", "> pong"]);
  });

  test("tells all namespaces of the connection, a refusal too", async () => {
    const { url, io } = await serve(make);
    io.of("/admin").on("connection", (peer) => peer.emit("hello"));
    io.of("/closed").use((_peer, next) => next(new Error("members only")));
    const { socket, entries, seen } = tape(url, { transports: ["websocket"] });
    socket.io.socket("/admin").connect();
    socket.io.socket("/closed").connect();
    await seen((entry) => isPacket(entry) && entry.type === "CONNECT_ERROR");
    await seen((entry) => isPacket(entry) && entry.event === "hello");
    const packets = entries().filter(isPacket);
    expect(packets.find(({ type }) => type === "CONNECT_ERROR")).toMatchObject({
      namespace: "/closed",
      text: '{"message":"members only"}',
    });
    expect(packets.find(({ event }) => event === "hello")).toMatchObject({ namespace: "/admin" });
  });

  test("goes on across a reconnection, and tells why the connection closed", async () => {
    const { url, cut } = await serve(make);
    const { socket, entries, seen } = tape(url, { transports: ["websocket"] });
    await socket.whenConnected();
    cut();
    await seen((entry) => entry.kind === "note" && entry.text === "Connection restored");
    const notes = entries().filter((entry) => entry.kind === "note");
    expect(notes.map(({ text }) => text.replace(/[\d.]+ s$/, "… s"))).toEqual([
      "Connecting",
      "Connected by websocket",
      expect.stringMatching(/^Closed: transport (close|error)$/),
      "Reconnection attempt 1 in … s",
      "Connecting",
      "Connected by websocket",
      "Connection restored",
    ]);
  });

  test("tells an HTTP error with its status", async () => {
    const { url } = await serve(make, { allowRequest: (_request, done) => done("no entry", false) });
    const { seen } = tape(url, { transports: ["polling"], reconnection: false });
    expect(await seen((entry) => entry.kind === "response")).toMatchObject({ method: "GET", status: 403 });
    expect(await seen((entry) => entry.kind === "note" && entry.level === "bad")).toMatchObject({
      text: "Connection failed",
      detail: "xhr poll error (HTTP 403)",
    });
  });
});

describe("record()", () => {
  const [, make] = servers[1] as (typeof servers)[number];

  test("leaves nothing behind once it is stopped", async () => {
    const { url } = await serve(make);
    const { socket, recording, entries } = tape(url, { transports: ["websocket"] });
    await socket.whenConnected();
    const { io: manager } = socket;
    const engineNames = ["packet", "sent", "handshake", "upgrading", "upgrade", "upgradeError"] as const;
    const count = (): number[] => [
      manager.listeners("open").length +
        manager.listeners("error").length +
        manager.listeners("reconnect").length,
      engineNames.reduce((sum, name) => sum + manager.engine.listeners(name).length, 0),
    ];
    const during = count();
    recording.stop();
    expect(during[0]).toBeGreaterThan(count()[0] as number);
    // The client itself waits for none of them but "upgrade".
    expect([during[1], count()]).toEqual([7, [0, 1]]);
    const { length } = entries();
    socket.emit("unseen");
    expect(entries()).toHaveLength(length);
    expect(recording.getSnapshot().state).toBe("stopped");
  });

  test("of an open connection says so, and records from then on", async () => {
    const { url, io } = await serve(make);
    io.on("connection", (peer) => peer.on("echo", (value, done) => done(value)));
    const { socket } = tape(url, { transports: ["websocket"] });
    await socket.whenConnected();
    const late = record(socket);
    await socket.emitWithAck("echo", 1);
    expect(late.getSnapshot().entries.map(brief)).toEqual([
      "* Recording began",
      "> EVENT echo",
      "< ACK echo",
    ]);
    late.stop();
  });

  test("keeps the newest entries within its limit, and counts the others", async () => {
    const { url, io } = await serve(make);
    io.on("connection", (peer) => peer.on("echo", (value, done) => done(value)));
    const { socket, recording, entries } = tape(url, { transports: ["websocket"] }, { limit: 5 });
    for (let round = 0; round < 10; round++) await socket.emitWithAck("echo", round);
    expect(entries()).toHaveLength(5);
    const last = entries().at(-1) as PacketEntry;
    expect(last).toMatchObject({ type: "ACK", text: "[9]", event: "echo" });
    expect(recording.getSnapshot().dropped).toBe(last.seq - 4);
  });

  test("keeps within its bytes, and of a large payload the beginning and the size", async () => {
    const { url } = await serve(make);
    const options = { maxPayload: 1000, maxBytes: 10_000 };
    const { socket, entries, seen } = tape(url, { transports: ["websocket"] }, options);
    await socket.whenConnected();
    for (let round = 10; round < 60; round++) socket.emit("large", round + "x".repeat(99_998));
    const last = (await seen(
      (entry) => isPacket(entry) && entry.text.startsWith('["large","59'),
    )) as PacketEntry;
    expect(last).toMatchObject({ truncated: true, bytes: 100_000 + '42["large",""]'.length });
    expect(last.text).toHaveLength(1000);
    expect(entries().length).toBeLessThanOrEqual(5);
  });

  test("pauses and resumes, and tells how much it missed", async () => {
    const { url, io } = await serve(make);
    io.on("connection", (peer) => peer.on("echo", (value, done) => done(value)));
    const { socket, recording, entries } = tape(url, { transports: ["websocket"] });
    await socket.whenConnected();
    recording.pause();
    const { length } = entries();
    await socket.emitWithAck("echo", new Uint8Array(3));
    expect(entries()).toHaveLength(length);
    expect(recording.getSnapshot()).toMatchObject({ state: "paused", skipped: 2 });
    recording.resume();
    await socket.emitWithAck("echo", 2);
    expect(entries().slice(length).map(brief)).toEqual(["> EVENT echo", "< ACK echo"]);
    recording.clear();
    expect(entries()).toEqual([]);
  });

  test("hides session ids and credentials, unless it is told otherwise", async () => {
    const { url } = await serve(make, { connectionStateRecovery: {} });
    const auth = { token: "open sesame", nested: ["more"] };
    const hidden = tape(url, { transports: ["websocket"], auth });
    const shown = tape(url, { transports: ["websocket"], auth }, { secrets: true });
    await Promise.all([hidden.socket.whenConnected(), shown.socket.whenConnected()]);
    const { id } = hidden.socket.io.engine;
    const text = JSON.stringify(hidden.recording);
    for (const secret of ["open sesame", "more", id, hidden.socket._pid as string])
      expect(text).not.toContain(secret);
    expect(text).toContain(hidden.socket.id);
    expect(JSON.stringify(shown.recording)).toContain("open sesame");
    expect(JSON.stringify(shown.recording)).toContain(shown.socket.io.engine.id);
  });

  test("calls subscribers back once for a burst, and never with a snapshot that changes", async () => {
    const { url } = await serve(make);
    const { socket, recording } = tape(url, { transports: ["websocket"] });
    await socket.whenConnected();
    let calls = 0;
    const unsubscribe = recording.subscribe(() => calls++);
    const before = recording.getSnapshot();
    const { length } = before.entries;
    for (let round = 0; round < 100; round++) socket.emit("burst", round);
    await Promise.resolve();
    expect(calls).toBeLessThan(5);
    expect(before.entries).toHaveLength(length);
    expect(recording.getSnapshot()).not.toBe(before);
    expect(recording.getSnapshot()).toBe(recording.getSnapshot());
    unsubscribe();
  });

  test("refuses what is no socket, and bounds that bound nothing", async () => {
    expect(() => record({ io: {} })).toThrow(/expected a socket of @sockeye\/client/);
    const { url } = await serve(make);
    const { socket } = tape(url);
    expect(() => record(socket, { limit: 0 })).toThrow(/limit must be a positive number, not 0/);
  });
});
