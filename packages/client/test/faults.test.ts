/** Faults on the real socket, and how the client comes back from them. */
import { freePort } from "@sockeye/cluster/testing";
import { describe, expect, test } from "vitest";
import { connect } from "./client.ts";
import { proxy } from "./proxy.ts";
import { serve, servers } from "./servers.ts";
import { next, until } from "./wait.ts";

describe.each(servers)("with %s", (_name, make) => {
  test.each([["polling"], ["websocket"]])("comes back by %s after a RST", async (transport) => {
    const { url, reset } = await serve(make);
    const socket = connect(url, { transports: [transport] });
    await socket.whenConnected();
    const { id } = socket;
    const gone = next<[string]>(socket, "disconnect");
    const back = next<[number]>(socket.io, "reconnect");
    reset();
    expect((await gone)[0]).toMatch(/^transport (close|error)$/);
    expect((await back)[0]).toBe(1);
    await socket.whenConnected();
    expect(socket.id).not.toBe(id);
  });

  test("comes back when the server was killed and restarted, and delivers what was emitted meanwhile, in order", async () => {
    const first = await serve(make, {}, await freePort());
    const socket = connect(first.url);
    await socket.whenConnected();
    await first.kill();
    await until(() => socket.disconnected);
    const failures: unknown[] = [];
    socket.io.on("reconnect_error", (error) => failures.push(error));
    const answers = [1, 2, 3].map((n) => socket.emitWithAck("n", n));
    await until(() => failures.length > 1);
    const second = await serve(make, {}, first.port);
    const got: number[] = [];
    second.io.on("connection", (peer) => peer.on("n", (n, done) => done(got.push(n))));
    expect(await Promise.all(answers)).toEqual([1, 2, 3]);
    expect(got).toEqual([1, 2, 3]);
  });

  test("notices a half-open connection by the heartbeat", async () => {
    const { port } = await serve(make, { pingInterval: 100, pingTimeout: 100 });
    const path = await proxy(port);
    const socket = connect(path.url, { transports: ["websocket"] });
    await socket.whenConnected();
    const gone = next(socket, "disconnect");
    path.silent = true;
    expect(await gone).toEqual(["ping timeout", undefined]);
    path.silent = false;
    await socket.whenConnected({ timeout: 5000 });
  });

  test("comes back thirty times in a row, with one connection left", async () => {
    // What dies between two polls is noticed by the server's heartbeat alone.
    const { io: server, url, reset } = await serve(make, { pingInterval: 500, pingTimeout: 500 });
    const socket = connect(url, { reconnectionDelay: 1, reconnectionDelayMax: 2 });
    for (let i = 0; i < 30; i++) {
      await socket.whenConnected();
      const gone = next(socket, "disconnect");
      reset();
      await gone;
    }
    await socket.whenConnected();
    await until(() => server.engine.clientsCount === 1);
    expect(server.of("/").sockets.size).toBe(1);
  });

  test("stays on polling when the new transport dies during the upgrade, and loses nothing", async () => {
    const { io: server, port } = await serve(make);
    const got: number[] = [];
    server.on("connection", (peer) => peer.on("n", (n, done) => done(got.push(n))));
    const path = await proxy(port);
    // The probe's answer has come when the client, masked, says that it upgrades: a frame of one byte.
    let upgrading = false;
    path.cutWhen = (sent) => {
      upgrading ||= /upgrade: websocket/i.test(sent);
      return upgrading && sent.charCodeAt(0) === 0x81;
    };
    const socket = connect(path.url);
    await socket.whenConnected();
    const failed = next(socket.io.engine, "upgradeError");
    const answers = Array.from({ length: 50 }, (_, n) => socket.emitWithAck("n", n));
    await failed;
    expect(path.cuts).toBe(1);
    await Promise.all(answers);
    expect(got).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(await socket.emitWithAck("n", 50)).toBe(51);
    expect(socket.io.engine.transport.name).toBe("polling");
  });

  test("forgets half a binary packet with the connection that it came on", async () => {
    const { io: server, url, reset } = await serve(make);
    const socket = connect(url, { transports: ["websocket"] });
    await socket.whenConnected();
    const seen = next(socket.io.engine, "data");
    for (const peer of server.of("/").sockets.values()) {
      peer.conn.write('51-["half",{"_placeholder":true,"num":0}]');
    }
    await seen;
    const gone = next(socket, "disconnect");
    reset();
    expect((await gone)[0]).toMatch(/^transport (close|error)$/);
    await socket.whenConnected();
    server.emit("whole", Buffer.from([1]));
    expect(await next(socket, "whole")).toEqual([Buffer.from([1])]);
  });

  test("closes with a parse error when the packets make no sense, and comes back", async () => {
    const { io: server, url } = await serve(make);
    const socket = connect(url, { transports: ["websocket"] });
    for (const nonsense of [
      "9",
      "2",
      '2["connect"]',
      '51-["a",{"_placeholder":true,"num":7}]',
      "2[",
      '511-["a"]',
    ]) {
      await socket.whenConnected();
      const gone = next<[string, Error]>(socket, "disconnect");
      for (const peer of server.of("/").sockets.values()) {
        peer.conn.write(nonsense);
        if (nonsense.startsWith("51-")) peer.conn.write(Buffer.from([1]));
      }
      const [reason, details] = await gone;
      expect([nonsense, reason, details instanceof Error]).toEqual([nonsense, "parse error", true]);
    }
  });

  test("connects after all when the connection was lost between opening and the answer to CONNECT", async () => {
    const { io: server, url, reset } = await serve(make);
    let asked = 0;
    server.use((_peer, next) => {
      if (++asked > 1) next();
      else reset();
    });
    const socket = connect(url, { transports: ["websocket"] });
    await socket.whenConnected({ timeout: 5000 });
    expect(asked).toBe(2);
  });

  test("tells the server when it left before CONNECT was answered", async () => {
    const { io: server, url } = await serve(make);
    const main = connect(url);
    await main.whenConnected();
    let letIn: (() => void) | undefined;
    server.of("/slow").use((_peer, next) => {
      letIn = () => next();
    });
    const slow = main.io.socket("/slow");
    await until(() => letIn);
    slow.disconnect();
    const left = new Promise((resolve) => {
      server.of("/slow").on("connection", (peer) => peer.on("disconnect", resolve));
    });
    letIn?.();
    expect(await left).toBe("client namespace disconnect");
  });

  test("gives up after reconnectionAttempts, and can be told to connect again", async () => {
    const first = await serve(make, {}, await freePort());
    const socket = connect(first.url, { reconnectionAttempts: 2 });
    await socket.whenConnected();
    const attempts: number[] = [];
    socket.io.on("reconnect_attempt", (n) => attempts.push(n));
    const failed = next(socket.io, "reconnect_failed");
    await first.kill();
    await failed;
    expect(attempts).toEqual([1, 2]);
    await serve(make, {}, first.port);
    await socket.connect().whenConnected();
  });

  test("gives up an attempt after the timeout", async () => {
    const { port } = await serve(make);
    const path = await proxy(port);
    path.silent = true;
    const socket = connect(path.url, { timeout: 50, reconnection: false });
    expect((await next<[Error]>(socket, "connect_error"))[0].message).toBe("timeout");
    await expect(socket.whenConnected({ timeout: 60 })).rejects.toThrow(/time/);
  });
});
