/** Three server processes over Redis are replaced one after the other, under load: every message is counted. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { io as connect } from "@sockeye/client";
import { RedisProcess, redisInstalled } from "@sockeye/redis/testing";
import { build } from "esbuild";
import { afterEach, expect, test, vi } from "vitest";

/** Handles orders, confirms them by a reliable event, and is drained when it is told to. */
const program = `
  import { once } from "node:events";
  import { createServer } from "node:http";
  import { cluster } from "@sockeye/cluster";
  import { redis } from "@sockeye/redis";
  import { Server } from "@sockeye/server";
  import { Redis } from "ioredis";

  process.once("disconnect", () => process.exit());
  const http = createServer();
  const bus = redis(new Redis(Number(process.argv[2]), "127.0.0.1"));
  const io = new Server(http, { adapter: cluster(bus), serveClient: false });
  io.on("reliable_expired", (expired) => process.send({ expired }));
  io.on("connection", (socket) => {
    // Emitted while the client is on its way to the next server.
    socket.on("disconnect", () => socket.reliable.emit("farewell", socket.id));
    socket.on("order", async (order, done) => {
      process.send({ handled: order });
      // Some answers are late, so that clients move while a handler runs.
      if (order.number % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 15));
      done(order.number);
      socket.reliable.emit("confirm", order.number);
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { adapter } = io.of("/");
  while ((await adapter.serverCount()) < Number(process.argv[3])) await once(adapter, "cluster_state");
  process.send({ port: http.address().port });
  await once(process, "message");
  await io.drain({ over: "300ms" });
  await bus.close();
  process.send({}, () => process.exit());
`;

const CLIENTS = 12;

interface Order {
  client: number;
  number: number;
}
interface Report {
  port?: number;
  handled?: Order;
  expired?: unknown;
}
interface ServerProcess {
  child: ChildProcess;
  port: number;
}

const undo: Array<() => unknown> = [];

afterEach(async () => {
  for (const task of undo.splice(0).reverse()) await task();
});

async function compile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sockeye-rolling-"));
  undo.push(() => rm(folder, { recursive: true }));
  const file = join(folder, "program.mjs");
  await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    outfile: file,
    format: "esm",
    platform: "node",
    conditions: ["source"],
    banner: {
      js: 'import * as nodeModule from "node:module"; const require = nodeModule.createRequire(import.meta.url);',
    },
  });
  return file;
}

/** Starts a server that is one of so many; resolves when it sees the others. */
async function start(
  file: string,
  redis: RedisProcess,
  count: number,
  hear: (report: Report) => void,
): Promise<ServerProcess> {
  const child = fork(file, [String(redis.port), String(count)], { execArgv: [] });
  undo.push(() => child.kill("SIGKILL"));
  child.on("message", hear);
  const port = await new Promise<number>((resolve, reject) => {
    child.on("message", (report: Report) => report.port && resolve(report.port));
    child.once("exit", (code) => reject(new Error(`a server ended with exit code ${code}`)));
  });
  return { child, port };
}

/** Hands each connection to the next of the servers that there are at the time. */
async function balance(servers: readonly ServerProcess[]): Promise<string> {
  let turn = 0;
  const front = createTcpServer((inward) => {
    const outward = connectTcp(servers[turn++ % servers.length]?.port ?? 0, "127.0.0.1");
    inward.pipe(outward).pipe(inward);
    for (const [one, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(front, "listening");
  undo.push(() => front.close());
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}

/** Orders one after the other until it is told to stop. */
class Customer {
  readonly confirmed: number[] = [];
  readonly answers: number[] = [];
  readonly farewells: string[] = [];
  /** Ids of the sockets that it has had, and has. */
  readonly ids: Array<string | undefined> = [];
  #open = true;
  readonly #done: Promise<void>;

  constructor(url: string, client: number) {
    const socket = connect(url, {
      transports: ["websocket"],
      forceNew: true,
      retries: 1000,
      ackTimeout: 3000,
      reconnectionDelay: 20,
    });
    undo.push(() => socket.disconnect());
    socket.on("confirm", (number: number) => this.confirmed.push(number));
    socket.on("farewell", (id: string) => this.farewells.push(id));
    socket.on("connect", () => this.ids.push(socket.id));
    this.#done = this.#order((order) => socket.emitWithAck("order", order), client);
  }

  async #order(send: (order: Order) => Promise<number>, client: number): Promise<void> {
    for (let number = 1; this.#open; number++) {
      this.answers.push(await send({ client, number }));
      await pause(20);
    }
  }

  stop(): Promise<void> {
    this.#open = false;
    return this.#done;
  }
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

test.skipIf(!redisInstalled())(
  "a rolling restart loses nothing and handles nothing twice",
  async () => {
    const file = await compile();
    const redis = await RedisProcess.start();
    undo.push(() => redis.stop());
    const handled: number[][] = Array.from({ length: CLIENTS }, () => []);
    const expired: unknown[] = [];
    const hear = (report: Report): void => {
      if (report.handled) handled[report.handled.client]?.push(report.handled.number);
      if (report.expired) expired.push(report.expired);
    };
    const servers = await Promise.all([1, 2, 3].map(() => start(file, redis, 3, hear)));
    const url = await balance(servers);
    const customers = upTo(CLIENTS).map((_, client) => new Customer(url, client));
    await vi.waitFor(() => expect(customers.every(({ answers }) => answers.length > 0)).toBe(true), 10_000);
    for (const old of [...servers]) {
      servers[servers.indexOf(old)] = await start(file, redis, 4, hear);
      // When it is disconnected, all that it had to tell has been heard.
      const ended = Promise.all([once(old.child, "exit"), once(old.child, "disconnect")]);
      old.child.send("drain");
      expect(await ended).toEqual([[0, null], []]);
    }
    await Promise.all(customers.map((customer) => customer.stop()));
    // Whoever was on one of the three has moved, or is about to: the last of them may have had its answer just before.
    await vi.waitFor(() => expect(customers.every(({ ids }) => ids.length > 1)).toBe(true), 10_000);
    for (const [client, { answers, confirmed, farewells, ids }] of customers.entries()) {
      const all = upTo(answers.length);
      expect(answers).toEqual(all);
      // Servers tell what they handle by another way than their answers take.
      await vi.waitFor(() => expect(handled[client]).toEqual(all), 10_000);
      await vi.waitFor(() => expect(confirmed).toEqual(all), 10_000);
      await vi.waitFor(() => expect(farewells).toEqual(ids.slice(0, -1)), 10_000);
    }
    expect(expired).toEqual([]);
  },
  60_000,
);
