/** A Redis Cluster is a bus and a log, through the cluster clients of both libraries, plain and sharded. */
import {
  type BusRig,
  describeBus,
  describeCluster,
  describeLog,
  type LogRig,
  nextState,
  type Runner,
  whenUp,
} from "@sockeye/cluster/testing";
import { type RedisBus, type RedisLike, type RedisStreams, redis, redisStreams } from "@sockeye/redis";
import { RedisCluster, redisInstalled } from "@sockeye/redis/testing";
import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { slotOf } from "../src/slots.ts";

const installed = redisInstalled();
const runner = { describe: describe.skipIf(!installed), test };

/** Channels of several shards have no order among them: neither have messages for different rooms. */
const UNORDERED = [
  "a broadcast reaches the members of its rooms on every server once, without the excepted ones",
  "what is said to a room reaches those who were told to join it just before",
  "messages of one publisher arrive in order, across topics too",
  "one server's broadcasts arrive in their order, whatever rooms they are for",
];
const acrossShards: Runner = {
  ...runner,
  test: (sentence, run) => (UNORDERED.includes(sentence) ? undefined : test(sentence, run)),
};

let servers: RedisCluster;

beforeAll(async () => {
  if (installed) servers = await RedisCluster.start();
}, 60_000);

afterAll(() => servers?.stop());

interface Client {
  like: RedisLike;
  end(): unknown;
}

const libraries: Record<string, () => Promise<Client>> = {
  async ioredis() {
    const client = new Cluster(
      servers.ports.map((port) => ({ host: "127.0.0.1", port })),
      { lazyConnect: true },
    );
    return { like: client, end: () => client.disconnect() };
  },
  async "node-redis"() {
    const rootNodes = servers.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }));
    return { like: createCluster({ rootNodes }), end: () => {} };
  },
};

/** One of the masters goes, and comes back. */
async function interrupt(): Promise<() => Promise<void>> {
  await servers.masters[0]?.stop();
  return async () => {
    await servers.masters[0]?.start();
    await servers.whole();
  };
}

async function open(library: () => Promise<Client>, sharded: boolean): Promise<RedisBus> {
  const { like, end } = await library();
  const bus = redis(like, { sharded });
  end();
  await whenUp(bus);
  return bus;
}

function busRig(library: () => Promise<Client>, sharded: boolean): () => Promise<BusRig> {
  return async () => {
    const buses: RedisBus[] = [];
    return {
      async connect() {
        buses.push(await open(library, sharded));
        return buses.at(-1) as RedisBus;
      },
      async close() {
        await Promise.all(buses.map((bus) => bus.close()));
      },
      interrupt,
    };
  };
}

function logRig(library: () => Promise<Client>, sharded: boolean): () => Promise<LogRig> {
  return async () => {
    const all: RedisStreams[] = [];
    const keyPrefix = `t${Math.random().toString(36).slice(2)}`;
    return {
      async connect(limits) {
        const { like, end } = await library();
        const streams = redisStreams(like, { ...limits, keyPrefix, sharded });
        end();
        all.push(streams);
        await whenUp(streams.bus);
        return streams;
      },
      async close() {
        await Promise.all(all.map((streams) => streams.close()));
      },
      interrupt,
    };
  };
}

for (const [name, library] of Object.entries(libraries)) {
  for (const sharded of [false, true]) {
    const title = `${name}, ${sharded ? "sharded" : "plain"}`;
    const suites = sharded ? acrossShards : runner;
    describeBus(suites, `redis cluster as bus: ${title}`, busRig(library, sharded));
    describeCluster(suites, `cluster on redis cluster: ${title}`, busRig(library, sharded));
    describeLog(runner, `redis cluster as log: ${title}`, logRig(library, sharded));
  }

  test.skipIf(!installed)(
    `${name}: a slot that moves takes its channel along`,
    { timeout: 20_000 },
    async () => {
      const move = await servers.moverOf(slotOf("moving", true));
      // They have looked at the cluster now, and do so again in five seconds.
      const [bus, other] = [await open(library, true), await open(library, true)];
      const heard: string[] = [];
      await bus.subscribe("moving", (message) => heard.push(Buffer.from(message).toString()));
      await other.publish("moving", Buffer.from("before"));
      await expect.poll(() => heard).toEqual(["before"]);
      const noticed = Promise.all([nextState(bus, "down"), nextState(other, "down")]);
      await move();
      await expect(other.publish("moving", Buffer.from("nowhere"))).rejects.toMatchObject({
        code: "ERR_NOT_SENT",
      });
      await noticed;
      await Promise.all([whenUp(bus), whenUp(other)]);
      await other.publish("moving", Buffer.from("after"));
      await expect.poll(() => heard).toEqual(["before", "after"]);
      await Promise.all([bus.close(), other.close()]);
    },
  );
}

test.each([
  ["123456789", 0x31c3],
  ["{user1000}.following", 3443],
  ["foo{{bar}}zap", 4015],
  ["foo{}{bar}", 8363],
])("the slot of %s is that of the specification", (name, slot) => {
  expect(slotOf(name, true)).toBe(slot % 16_384);
});
