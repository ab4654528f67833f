/** NATS is a bus, through both generations of its client, and a cluster runs on it. */
import { connect as connectV3 } from "@nats-io/transport-node";
import { type BusRig, describeBus, describeCluster } from "@sockeye/cluster/testing";
import { type NatsLike, nats } from "@sockeye/nats";
import { NatsProcess, natsInstalled } from "@sockeye/nats/testing";
import { connect as connectV2 } from "nats";
import { afterAll, beforeAll, describe, test } from "vitest";

const installed = natsInstalled();
const runner = { describe: describe.skipIf(!installed), test };

let server: NatsProcess;

beforeAll(async () => {
  if (installed) server = await NatsProcess.start();
});

afterAll(() => server?.stop());

type Connection = NatsLike & { close(): Promise<void> };

function openWith(connect: (options: object) => Promise<Connection>): () => Promise<BusRig> {
  return async () => {
    const connections: Connection[] = [];
    return {
      async connect() {
        const connection = await connect({
          servers: server.url,
          maxReconnectAttempts: -1,
          reconnectTimeWait: 20,
          reconnectJitter: 1,
        });
        connections.push(connection);
        return nats(connection);
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

const clients: Record<string, (options: object) => Promise<Connection>> = {
  "nats 2": connectV2,
  "@nats-io/transport-node 3": connectV3,
};

for (const [name, connect] of Object.entries(clients)) {
  describeBus(runner, `nats bus: ${name}`, openWith(connect));
  describeCluster(runner, `cluster on nats: ${name}`, openWith(connect));
}
