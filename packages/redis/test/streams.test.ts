/** Redis Streams are a log, through both clients, plain and sharded, and a cluster runs on it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BusRig,
  describeBus,
  describeCluster,
  describeLog,
  type LogRig,
  whenUp,
} from "@sockeye/cluster/testing";
import { type RedisLike, type RedisStreams, redisStreams } from "@sockeye/redis";
import { RedisProcess, redisInstalled } from "@sockeye/redis/testing";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const installed = redisInstalled();
const runner = { describe: describe.skipIf(!installed), test };

let server: RedisProcess;
let directory: string;

beforeAll(async () => {
  if (!installed) return;
  directory = await mkdtemp(join(tmpdir(), "sockeye-redis-"));
  server = await RedisProcess.start(directory);
});

afterAll(async () => {
  await server?.stop();
  if (directory) await rm(directory, { recursive: true });
});

interface Library {
  make(): RedisLike & { on(event: "error", listener: () => void): unknown };
  end(client: RedisLike): void;
}

const libraries: Record<string, Library> = {
  ioredis: {
    make: () => new Redis(server.port, "127.0.0.1", { retryStrategy: () => 20, lazyConnect: true }),
    end: (client) => (client as Redis).disconnect(),
  },
  "node-redis": {
    make: () => createClient({ url: server.url, socket: { reconnectStrategy: 20 } }),
    end: () => {},
  },
};

function openWith(library: Library, sharded: boolean): () => Promise<LogRig> {
  return async () => {
    const open: RedisStreams[] = [];
    const keyPrefix = `t${Math.random().toString(36).slice(2)}`;
    return {
      async connect(limits) {
        const client = library.make();
        client.on("error", () => {});
        const streams = redisStreams(client, { ...limits, keyPrefix, sharded });
        library.end(client);
        open.push(streams);
        await whenUp(streams.bus);
        return streams;
      },
      async close() {
        await Promise.all(open.map((streams) => streams.close()));
      },
      async interrupt() {
        await server.stop();
        return () => server.start();
      },
    };
  };
}

for (const [name, library] of Object.entries(libraries)) {
  for (const sharded of [false, true]) {
    const title = `${name}, ${sharded ? "sharded" : "plain"}`;
    describeLog(runner, `redis streams: ${title}`, openWith(library, sharded));
  }
}

const busOf = async (): Promise<BusRig> => {
  const rig = await openWith(libraries.ioredis as Library, false)();
  return { ...rig, connect: async () => (await rig.connect()).bus };
};
describeBus(runner, "the bus beside redis streams", busOf);
describeCluster(runner, "cluster on the bus beside redis streams", busOf);

test.skipIf(!installed)("what is trimmed leaves nothing behind", async () => {
  const rig = await openWith(libraries.ioredis as Library, false)();
  const { log } = await rig.connect({ maxEntries: 1 });
  const message = Buffer.from("m");
  for (let number = 1; number <= 100; number++) {
    await log.append({ sender: "s", number, entries: [{ streams: [`r${number}`, "all"], message }] });
  }
  const client = new Redis(server.port, "127.0.0.1");
  const keys = (await client.keys("*:s:*")).filter((key) => key.endsWith(":r99") || key.endsWith(":r100"));
  expect(keys).toHaveLength(1);
  client.disconnect();
  await rig.close();
});

test.skipIf(!installed)("a Redis that has lost its data says that it does not reach back", async () => {
  const rig = await openWith(libraries.ioredis as Library, false)();
  const { log } = await rig.connect();
  const before = await log.head();
  const client = new Redis(server.port, "127.0.0.1");
  await client.flushall();
  client.disconnect();
  const page = await log.read(["stream"], before);
  expect([page.complete, page.head > before]).toEqual([false, true]);
  await rig.close();
});

test("what cannot work is refused", () => {
  expect(() => redisStreams({} as RedisLike)).toThrow(TypeError);
  const client = new Redis({ lazyConnect: true });
  for (const wrong of [{ keyPrefix: "a b" }, { maxBytes: 0 }]) {
    const refused = expect.objectContaining({ name: "RangeError", code: "ERR_OPTION" });
    expect(() => redisStreams(client, wrong)).toThrow(refused);
  }
  client.disconnect();
});
