/** JetStream on three servers of NATS: one of them dies, the one that leads the streams, and nothing is lost. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cluster } from "@sockeye/cluster";
import { whenUp } from "@sockeye/cluster/testing";
import { jetStream } from "@sockeye/nats";
import { type NatsProcess, natsInstalled, startNatsCluster } from "@sockeye/nats/testing";
import { connect, headers, type NatsConnection } from "nats";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Node, Traveller } from "./recovery.ts";

/** Nothing of it when the answer is an error. */
interface StreamInfo {
  config?: { num_replicas: number };
  cluster?: { leader?: string };
}

describe.skipIf(!natsInstalled())("streams with three replicas", () => {
  let engine: NatsProcess[];

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "sockeye-nats-cluster-"));
    engine = await startNatsCluster(folder);
    return async () => {
      await Promise.all(engine.map((server) => server.stop()));
      await rm(folder, { recursive: true });
    };
  });

  async function link(): Promise<NatsConnection> {
    const servers = engine.map(({ url }) => url);
    const connection = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
    onTestFinished(() => connection.close());
    return connection;
  }

  async function serve(): Promise<Node> {
    const durable = jetStream(await link(), { headers, replicas: 3, onError });
    // An election takes longer than the 5 seconds that clients wait by default.
    const times = { heartbeatInterval: 200, heartbeatTimeout: 2_000, requestTimeout: 40_000 };
    const node = await Node.start(durable, { adapter: cluster(durable, times) });
    onTestFinished(() => node.io.close());
    return node;
  }

  test("are made, and streams that were there with less are given more", { timeout: 60_000 }, async () => {
    const admin = await link();
    for (const replicas of [1, 3]) {
      await whenUp(jetStream(await link(), { headers, name: "grown", replicas, onError }).bus);
      for (const stream of ["grown", "grown_records"])
        expect((await infoOf(admin, stream)).config?.num_replicas).toBe(replicas);
    }
  });

  test("the death of their leader costs no message, and clients that move are recovered", {
    timeout: 60_000,
  }, async () => {
    const [a, b] = [await serve(), await serve()];
    for (const { adapter } of [a, b])
      while (adapter.clusterState.servers < 2 || adapter.clusterState.bus === "down")
        await once(adapter, "cluster_state");

    const admin = await link();
    const before = await leadersOf(admin);
    const joined = once(a.io, "connection");
    const traveller = await new Traveller(a).arrive(a);
    onTestFinished(() => traveller.end());
    const [socket] = await joined;
    await socket.join("room");
    const { id } = traveller.socket;
    let said = 0;
    const say = (...names: string[]): void => {
      for (const name of names) a.io.to("room").emit(name, ++said);
    };
    const some = Array<string>(99).fill("n");
    say(...some, "heard");
    await traveller.until("heard");
    const dead = engine[Number(before[0]) - 1]?.stop();
    say(...some, "n");
    await dead;
    await traveller.lose();
    say(...some, "n");
    while ((await leadersOf(admin)).some((leader) => leader === undefined || leader === before[0]));
    await traveller.arrive(b);
    say(...some, "end");
    const events = await traveller.until("end");
    expect(events.map(([, number]) => number)).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
    expect([traveller.socket.recovered, traveller.socket.id]).toEqual([true, id]);
  });
});

/** Until the servers of NATS have found each other they say that there is no JetStream. */
const onError = (): void => {};

/** What the stream's leader answers; asks again while there is none. */
async function infoOf(connection: NatsConnection, stream: string): Promise<StreamInfo> {
  for (;;) {
    try {
      return (await connection.request(`$JS.API.STREAM.INFO.${stream}`)).json();
    } catch {
      // A second without an answer.
    }
  }
}

async function leadersOf(connection: NatsConnection): Promise<Array<string | undefined>> {
  const infos = await Promise.all(["sockeye", "sockeye_records"].map((name) => infoOf(connection, name)));
  return infos.map(({ cluster }) => cluster?.leader);
}
