/** Three servers on Redis behind nginx with plain round robin: no two requests of a client reach the same server. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { io as ourClient } from "@sockeye/client";
import { type ClusterAdapter, cluster } from "@sockeye/cluster";
import { NginxProcess, nginxInstalled } from "@sockeye/cluster/testing";
import { redis } from "@sockeye/redis";
import { RedisProcess, redisInstalled } from "@sockeye/redis/testing";
import { Server } from "@sockeye/server";
import { Redis } from "ioredis";
import { io as officialClient, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const CLIENTS = 30;
// All of it is relayed in this one process: little enough that no server falls silent for the others.
const binary = Buffer.alloc(30_000, 7);

describe.skipIf(!nginxInstalled() || !redisInstalled())("behind nginx, without sticky sessions", () => {
  const undo: Array<() => unknown> = [];
  const servers: Server[] = [];
  let url: string;

  beforeAll(async () => {
    const engine = await RedisProcess.start();
    undo.push(() => engine.stop());
    const ports: number[] = [];
    for (let n = 0; n < 3; n++) {
      const client = new Redis(engine.port, "127.0.0.1");
      const bus = redis(client);
      const http = createServer().listen(0, "127.0.0.1");
      await once(http, "listening");
      const io = new Server(http, { adapter: cluster(bus) });
      io.on("connection", (socket) => socket.on("echo", (value, answer) => answer(value)));
      servers.push(io);
      ports.push((http.address() as AddressInfo).port);
      undo.push(async () => {
        await io.close();
        await bus.close();
        client.disconnect();
      });
    }
    for (const io of servers) {
      const adapter = adapterOf(io);
      while (adapter.clusterState.servers < 3) await once(adapter, "cluster_state");
    }
    const nginx = await NginxProcess.start(ports);
    undo.push(() => nginx.stop());
    url = nginx.url;
  }, 60_000);

  afterAll(async () => {
    for (const task of undo.reverse()) await task();
  }, 30_000);

  const relayed = (): number =>
    servers.reduce((sum, io) => sum + adapterOf(io).clusterState.counts.relayed, 0);

  describe.each([
    ["socket.io-client", officialClient],
    ["@sockeye/client", ourClient as unknown as typeof officialClient],
  ])("%s", (_name, io) => {
    test.each([
      ["by polling alone", ["polling"]],
      ["with an upgrade", ["polling", "websocket"]],
    ])(
      `${CLIENTS} clients connect, echo binary data, and come back, %s`,
      async (_how, transports) => {
        const before = relayed();
        const sockets = Array.from({ length: CLIENTS }, () => io(url, { transports, forceNew: true }));
        try {
          await Promise.all(sockets.map(connected));
          if (transports.length > 1) await Promise.all(sockets.map(upgraded));
          await Promise.all(sockets.map(echoed));
          for (const socket of sockets) socket.disconnect();
          for (const socket of sockets) socket.connect();
          await Promise.all(sockets.map(connected));
          await Promise.all(sockets.map(echoed));
          expect(relayed()).toBeGreaterThan(before);
        } finally {
          for (const socket of sockets) socket.disconnect();
        }
      },
      60_000,
    );
  });
});

const adapterOf = (io: Server): ClusterAdapter => io.of("/").adapter as unknown as ClusterAdapter;

async function connected(socket: Socket): Promise<void> {
  if (socket.connected) return;
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
}

async function upgraded(socket: Socket): Promise<void> {
  const { engine } = socket.io;
  if (engine.transport.name === "websocket") return;
  await new Promise<void>((resolve, reject) => {
    engine.once("upgrade", () => resolve());
    engine.once("close", (reason) => reject(new Error(`closed: ${reason}`)));
  });
}

async function echoed(socket: Socket): Promise<void> {
  expect(await socket.emitWithAck("echo", "a word")).toBe("a word");
  expect(binary.equals(await socket.emitWithAck("echo", binary))).toBe(true);
}
