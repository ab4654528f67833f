/** JetStream is a log and a store, through both generations of the client of NATS, and a cluster runs on it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectV3, headers as headersV3 } from "@nats-io/transport-node";
import {
  type BusRig,
  describeBus,
  describeCluster,
  describeLog,
  type LogRig,
  nextState,
  whenUp,
} from "@sockeye/cluster/testing";
import {
  type JetStreamConnection,
  type JetStreamDurableBus,
  type JetStreamOptions,
  jetStream,
  nats,
} from "@sockeye/nats";
import { NatsProcess, natsInstalled } from "@sockeye/nats/testing";
import { connect as connectV2, headers as headersV2 } from "nats";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

const installed = natsInstalled();
const runner = { describe: describe.skipIf(!installed), test };

let server: NatsProcess;
let directory: string;

beforeAll(async () => {
  if (!installed) return;
  directory = await mkdtemp(join(tmpdir(), "sockeye-nats-"));
  server = await NatsProcess.start(directory);
});

afterAll(async () => {
  await server?.stop();
  if (directory) await rm(directory, { recursive: true });
});

type Connection = JetStreamConnection & { close(): Promise<void> };

interface Library {
  connect(options: object): Promise<Connection>;
  headers: JetStreamOptions["headers"];
}

const libraries: Record<string, Library> = {
  "nats 2": { connect: connectV2, headers: headersV2 },
  "@nats-io/transport-node 3": { connect: connectV3, headers: headersV3 },
};

const options = (): object => ({
  servers: server.url,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 20,
  reconnectJitter: 1,
});

let names = 0;

function openWith({ connect, headers }: Library): () => Promise<LogRig> {
  return async () => {
    const connections: Connection[] = [];
    const name = `t${++names}`;
    return {
      async connect(limits) {
        const connection = await connect(options());
        connections.push(connection);
        const durable = jetStream(connection, { headers, name, ...limits });
        await whenUp(durable.bus);
        return durable;
      },
      async close() {
        await Promise.all(connections.map((connection) => connection.close()));
      },
      async interrupt() {
        await server.stop();
        return () => server.start();
      },
    };
  };
}

for (const [name, library] of Object.entries(libraries)) {
  describeLog(runner, `jetstream: ${name}`, openWith(library));
}

const busOf = async (): Promise<BusRig> => {
  const rig = await openWith(libraries["nats 2"] as Library)();
  return { ...rig, connect: async () => (await rig.connect()).bus };
};
describeBus(runner, "the bus beside jetstream", busOf);
describeCluster(runner, "cluster on the bus beside jetstream", busOf);

describe.skipIf(!installed)("jetstream as an engine", () => {
  const { connect, headers } = libraries["nats 2"] as Library;
  const message = Buffer.from("m");
  const connections: Connection[] = [];

  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  });

  async function open(extra: Partial<JetStreamOptions> = {}): Promise<[JetStreamDurableBus, Connection]> {
    const connection = await connect(options());
    connections.push(connection);
    const durable = jetStream(connection, { headers, name: `t${names}`, ...extra });
    await whenUp(durable.bus);
    return [durable, connection];
  }

  test("a recovery asks for what was missed, however much the cluster has said", async () => {
    names++;
    const [{ log }, connection] = await open();
    const start = await log.head();
    for (let number = 1; number <= 20; number++) {
      const entries = Array.from({ length: 100 }, (_, room) => ({ streams: [`room.${room}`], message }));
      await log.append({ sender: "s", number, entries });
    }
    await log.append({ sender: "s", number: 21, entries: [{ streams: ["quiet"], message }] });
    const asked: string[] = [];
    const { request } = connection;
    connection.request = function (subject, ...rest) {
      // Not of the records: a server renews its lease at any time.
      if (subject.endsWith(`.t${names}`)) asked.push(subject);
      return request.call(this, subject, ...rest);
    };
    const page = await log.read(["quiet", "never"], start);
    expect([page.entries.length, page.complete]).toEqual([1, true]);
    // The state twice; each subject once, and once more on both sides of what was found.
    expect(asked.length).toBeLessThanOrEqual(7);
  });

  test("a stream that was deleted is made again, says that it does not reach back, and is followed anew", async () => {
    names++;
    const [[a, connection], [b]] = [await open(), await open()];
    const heard: number[] = [];
    await b.log.subscribe("stream", ({ position }) => heard.push(position));
    const append = (number: number): Promise<void> =>
      a.log.append({ sender: "s", number, entries: Array(3).fill({ streams: ["stream"], message }) });
    await append(1);
    const before = await a.log.head();
    await connection.request(`$JS.API.STREAM.DELETE.t${names}`, "", { timeout: 1000 });
    await expect(a.log.read(["stream"], before)).rejects.toThrow("not found");
    const [down, again] = [nextState(b.bus, "down"), nextState(b.bus, "up")];
    await append(2);
    await Promise.all([down, again]);
    await append(3);
    const page = await b.log.read(["stream"], before);
    expect([page.complete, page.entries.length, page.head > before]).toEqual([false, 6, true]);
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(5));
    expect(heard).toEqual(heard.toSorted((x, y) => x - y));
    expect(heard.at(-1)).toBe(page.head);
  });

  const follow = async ({ log }: JetStreamDurableBus, stream: string) => {
    const heard: Array<{ position: number; text: string }> = [];
    await log.subscribe(stream, ({ position, message }) => {
      heard.push({ position, text: Buffer.from(message).toString() });
    });
    return heard;
  };
  const say = ({ log }: JetStreamDurableBus, sender: string, number: number, ...streams: string[]) =>
    log.append({
      sender,
      number,
      entries: streams.map((stream) => ({ streams: [stream], message: Buffer.from(`${sender}${number}`) })),
    });

  test("what several servers store at once is heard in the order in which it is stored", async () => {
    names++;
    const [[a], [b], [c]] = [await open(), await open(), await open()];
    const positions: number[] = [];
    const streams = Array.from({ length: 8 }, (_, index) => `room.${index}`);
    for (const stream of streams) await c.log.subscribe(stream, ({ position }) => positions.push(position));
    const speak = async (durable: JetStreamDurableBus, sender: string): Promise<void> => {
      for (let number = 1; number <= 100; number++) await say(durable, sender, number, ...streams);
    };
    await Promise.all([speak(a, "a"), speak(b, "b")]);
    await vi.waitFor(() => expect(positions.length).toBe(1_600));
    expect(positions).toEqual(positions.toSorted((x, y) => x - y));
  });

  test("when the server that hands on is gone without a word, another one does, and what fell between is read", {
    timeout: 30_000,
  }, async () => {
    names++;
    const [[, first], [second]] = [await open(), await open()];
    const heard = await follow(second, "stream");
    await say(second, "s", 1, "stream");
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    const [down, again] = [nextState(second.bus, "down"), nextState(second.bus, "up")];
    await first.close();
    await say(second, "s", 2, "stream");
    await Promise.all([down, again]);
    const page = await second.log.read(["stream"], heard[0]?.position ?? 0);
    expect(page.entries.map(({ message }) => Buffer.from(message).toString())).toEqual(["s2"]);
    await say(second, "s", 3, "stream");
    await vi.waitFor(() => expect(heard.map(({ text }) => text)).toEqual(["s1", "s3"]));
  });

  test("a server that closes leaves it to another one", async () => {
    names++;
    const [[first], [second]] = [await open(), await open()];
    const heard = await follow(second, "stream");
    await say(second, "s", 1, "stream");
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    const again = nextState(second.bus, "down").then(() => nextState(second.bus, "up"));
    await first.close();
    await again;
    await say(second, "s", 2, "stream");
    await vi.waitFor(() => expect(heard).toHaveLength(2));
  });

  test("the bus is not up while nobody could hand on what is stored", async () => {
    names++;
    const connection = await connect(options());
    connections.push(connection);
    const { request } = connection;
    const created: string[] = [];
    connection.request = function (subject, ...rest) {
      const isConsumer = subject.startsWith("$JS.API.CONSUMER.CREATE");
      if (isConsumer && created.push(subject) === 1) return Promise.reject(new Error("timeout"));
      return request.call(this, subject, ...rest);
    };
    await whenUp(jetStream(connection, { headers, name: `t${names}` }).bus);
    expect(created).toHaveLength(2);
  });

  test("word of a former term is not handed on", async () => {
    names++;
    const [durable, connection] = await open();
    const heard = await follow(durable, "stream");
    await say(durable, "s", 1, "stream");
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    const former = headers();
    former.set("Sockeye-Term", "1");
    former.set("Sockeye-Position", String((heard[0]?.position ?? 0) + 1));
    connection.publish(`t${names}.live.one.stream`, message, { headers: former });
    await say(durable, "s", 2, "stream");
    await vi.waitFor(() => expect(heard.map(({ text }) => text)).toEqual(["s1", "s2"]));
  });

  test("limits that have changed are those of the stream that is there", async () => {
    names++;
    await open();
    const [{ log }] = await open({ maxEntries: 2 });
    const start = await log.head();
    const entries = Array(5).fill({ streams: ["stream"], message });
    await log.append({ sender: "s", number: 1, entries });
    expect((await log.read(["stream"], start)).entries).toHaveLength(2);
  });

  test("records are kept as long as they are to be, beyond an hour", async () => {
    names++;
    const [{ store }, connection] = await open();
    await store.hold("key", "owner", message, 7_200_000);
    const answer = await connection.request(`$JS.API.STREAM.INFO.t${names}_records`, "", { timeout: 1000 });
    const { config } = JSON.parse(Buffer.from(answer.data).toString());
    expect(config.max_age).toBe(7_200_000_000_000);
    // Whoever comes later does not shorten that.
    const [later] = await open();
    expect(await later.store.seize("key", "other")).toEqual(message);
    const after = await connection.request(`$JS.API.STREAM.INFO.t${names}_records`, "", { timeout: 1000 });
    expect(JSON.parse(Buffer.from(after.data).toString()).config.max_age).toBe(config.max_age);
  });

  test("a server without JetStream is reported, once", async () => {
    const plain = await NatsProcess.start();
    const connection = await connect({ servers: plain.url });
    connections.push(connection);
    const told = await new Promise((resolve) => {
      const durable = jetStream(connection, { headers, onError: resolve });
      expect(durable.bus.state).toBe("down");
    });
    expect(String(told)).toMatch(/jetstream|503|responders/i);
    await connection.close();
    await plain.stop();
  });

  test("what cannot work is refused", async () => {
    names++;
    const [, connection] = await open();
    const noClient = expect.objectContaining({ name: "TypeError", code: "ERR_CLIENT" });
    for (const none of [undefined, {}]) {
      expect(() => jetStream(connection, none as JetStreamOptions)).toThrow(noClient);
    }
    for (const other of [undefined, "nats://127.0.0.1", Promise.resolve(connection)]) {
      expect(() => jetStream(other as unknown as JetStreamConnection, { headers })).toThrow(noClient);
      expect(() => nats(other as unknown as JetStreamConnection)).toThrow(noClient);
    }
    const wrongs = [{ name: "a.b" }, { replicas: 6 }, { maxAge: 99 }, { maxBytes: 0 }, { storage: "disk" }];
    for (const wrong of wrongs) {
      const options = { headers, ...wrong } as JetStreamOptions;
      const refused = expect.objectContaining({ name: "RangeError", code: "ERR_OPTION" });
      expect(() => jetStream(connection, options)).toThrow(refused);
    }
  });
});
