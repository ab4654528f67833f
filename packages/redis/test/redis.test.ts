/** Redis is a bus, through both clients, plain and sharded, and a cluster runs on it. */
import { type BusRig, describeBus, describeCluster, whenUp } from "@sockeye/cluster/testing";
import { type RedisBus, type RedisLike, redis } from "@sockeye/redis";
import { RedisProcess, redisInstalled } from "@sockeye/redis/testing";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const installed = redisInstalled();
const runner = { describe: describe.skipIf(!installed), test };

let server: RedisProcess;

beforeAll(async () => {
  if (installed) server = await RedisProcess.start();
});

afterAll(() => server?.stop());

interface Library {
  /** @param user with whose rights it connects, by any password */
  make(user?: string): RedisLike & { on(event: "error", listener: () => void): unknown };
  end(client: RedisLike): void;
}

const libraries: Record<string, Library> = {
  ioredis: {
    make: (user) =>
      new Redis(server.port, "127.0.0.1", {
        retryStrategy: () => 20,
        lazyConnect: true,
        keyPrefix: "mine:",
        ...(user && { username: user, password: user }),
      }),
    end: (client) => (client as Redis).disconnect(),
  },
  "node-redis": {
    make: (user) =>
      createClient({
        url: server.url,
        socket: { reconnectStrategy: 20 },
        ...(user && { username: user, password: user }),
      }),
    end: () => {},
  },
};

function openWith(library: Library, sharded: boolean, user?: string): () => Promise<BusRig> {
  return async () => {
    const buses: RedisBus[] = [];
    return {
      async connect() {
        const client = library.make(user);
        client.on("error", () => {});
        const bus = redis(client, { sharded });
        library.end(client);
        buses.push(bus);
        await whenUp(bus);
        return bus;
      },
      async close() {
        await Promise.all(buses.map((bus) => bus.close()));
      },
      async interrupt() {
        await server.stop();
        return () => server.start();
      },
    };
  };
}

test.skipIf(!installed)(
  "ioredis: what is published on a stream that has just been lost is known not to be sent",
  async () => {
    const ends: Redis[] = [];
    const client = new Redis(server.port, "127.0.0.1", { lazyConnect: true, retryStrategy: () => 20 });
    const { duplicate } = client;
    client.duplicate = (...options) => {
      ends.push(duplicate.apply(client, options));
      return ends.at(-1) as Redis;
    };
    const bus = redis(client);
    await whenUp(bus);
    for (const end of ends) end.stream.destroy();
    expect(bus.state).toBe("up");
    await expect(bus.publish("topic", Buffer.from("hello"))).rejects.toMatchObject({ code: "ERR_NOT_SENT" });
    await bus.close();
  },
);

for (const [name, library] of Object.entries(libraries)) {
  for (const sharded of [false, true]) {
    const title = `${name}, ${sharded ? "sharded" : "plain"}`;
    describeBus(runner, `redis bus: ${title}`, openWith(library, sharded));
    describeCluster(runner, `cluster on redis: ${title}`, openWith(library, sharded));
    test.skipIf(!installed)(
      `${title}: a channel that Redis forbids is refused, and the others go on`,
      async () => {
        const admin = new Redis(server.port, "127.0.0.1");
        await admin.call(
          "ACL",
          "SETUSER",
          "limited",
          "on",
          "nopass",
          "~*",
          "+@all",
          "resetchannels",
          "&open.*",
        );
        admin.disconnect();
        const rig = await openWith(library, sharded, "limited")();
        const bus = await rig.connect();
        const states: string[] = [];
        bus.observe((state) => states.push(state));
        const heard: string[] = [];
        const hear = (message: Uint8Array) => heard.push(String(message));
        await bus.subscribe("open.before", hear);
        await expect(bus.subscribe("forbidden", hear)).rejects.toThrow("NOPERM");
        const arrived = new Promise((resolve) => void bus.subscribe("open.after", resolve));
        await bus.subscribe("open.after", hear);
        await bus.publish("open.before", Buffer.from("1"));
        await bus.publish("open.after", Buffer.from("2"));
        await arrived;
        expect([heard, states]).toEqual([["1", "2"], []]);
        await rig.close();
      },
    );
  }
}

test.skipIf(!installed)("both libraries speak with one another", async () => {
  const [a, b] = Object.values(libraries).map((library) => openWith(library, false)) as [
    () => Promise<BusRig>,
    () => Promise<BusRig>,
  ];
  const rigs = [await a(), await b()] as const;
  const [first, second] = [await rigs[0].connect(), await rigs[1].connect()];
  const heard = new Promise<Uint8Array>(
    (resolve) =>
      void second.subscribe("topic", resolve).then(() => {
        void first.publish("topic", Buffer.from([0, 255]));
      }),
  );
  expect(Buffer.from(await heard)).toEqual(Buffer.from([0, 255]));
  await Promise.all(rigs.map((rig) => rig.close()));
});

test("what is no Redis client is refused", () => {
  for (const other of [{}, undefined, "redis://127.0.0.1", Promise.resolve({})]) {
    const refused = expect.objectContaining({ name: "TypeError", code: "ERR_CLIENT" });
    expect(() => redis(other as RedisLike)).toThrow(refused);
  }
});
