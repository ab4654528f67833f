/** PostgreSQL is a bus, through both clients, and a cluster runs on it. */
import { once } from "node:events";
import { type BusRig, describeBus, describeCluster, nextState, whenUp } from "@sockeye/cluster/testing";
import { type PostgresBus, type PostgresLike, postgres } from "@sockeye/postgres";
import { PostgresProcess, postgresInstalled } from "@sockeye/postgres/testing";
import { Client, Pool } from "pg";
import postgresJs from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const installed = postgresInstalled();
const runner = { describe: describe.skipIf(!installed), test };

let server: PostgresProcess;

beforeAll(async () => {
  if (installed) server = await PostgresProcess.start();
}, 60_000);

afterAll(() => server?.remove());

type Library = () => { client: PostgresLike; end(): Promise<void> };

const libraries: Record<string, Library> = {
  pg: () => {
    const pool = new Pool({ connectionString: server.url, max: 1 });
    pool.on("error", () => {});
    return { client: pool, end: () => pool.end() };
  },
  "postgres.js": () => {
    const sql = postgresJs(server.url, { max: 1, onnotice: () => {}, backoff: () => 0.02 });
    return { client: sql, end: () => sql.end({ timeout: 1 }) };
  },
};

const ignore = { onError: () => {} };

function openWith(library: Library): () => Promise<BusRig> {
  return async () => {
    const ends: Array<() => Promise<void>> = [];
    return {
      async connect() {
        const { client, end } = library();
        const bus = postgres(client, ignore);
        ends.push(() => bus.close().then(end));
        await whenUp(bus);
        return bus;
      },
      async close() {
        await Promise.all(ends.map((end) => end()));
      },
      async interrupt() {
        await server.stop();
        return () => server.start();
      },
    };
  };
}

for (const [name, library] of Object.entries(libraries)) {
  describeBus(runner, `postgres bus: ${name}`, openWith(library));
  describeCluster(runner, `cluster on postgres: ${name}`, openWith(library));

  describe.skipIf(!installed)(`postgres bus: ${name}`, () => {
    const rig = async (run: (rig: BusRig, admin: Client) => Promise<void>): Promise<void> => {
      const open = await openWith(library)();
      const admin = new Client({ connectionString: server.url });
      await admin.connect();
      try {
        await run(open, admin);
      } finally {
        await open.close();
        await admin.end();
      }
    };

    test("topics are names, whatever they consist of", () =>
      rig(async ({ connect }, admin) => {
        await admin.query("create table if not exists precious (x int)");
        const bus = await connect();
        const topics = [
          'x"; drop table precious; --',
          "y'; drop table precious; --",
          "\u0000",
          "é".repeat(50),
          "a".repeat(200),
        ];
        for (const topic of topics) {
          const heard = new Promise<Uint8Array>(
            (resolve) =>
              void bus.subscribe(topic, resolve).then(() => bus.publish(topic, Buffer.from(topic))),
          );
          expect(Buffer.from(await heard).toString()).toBe(topic);
        }
        await admin.query("select * from precious");
      }));

    test("equal messages of one turn all arrive", () =>
      rig(async ({ connect }) => {
        const bus = await connect();
        let count = 0;
        const all = new Promise<void>((resolve) => {
          void bus
            .subscribe("same", () => ++count === 100 && resolve())
            .then(() =>
              Promise.all(Array.from({ length: 100 }, () => bus.publish("same", Buffer.from("x")))),
            );
        });
        await all;
      }));

    test("notifications of others are ignored, and so is the end of what had no beginning", () =>
      rig(async ({ connect }, admin) => {
        const bus = await connect();
        const heard: string[] = [];
        const end = new Promise<void>((resolve) => {
          void bus
            .subscribe("mine", (message) => {
              const text = Buffer.from(message).toString();
              heard.push(text);
              if (text === "end") resolve();
            })
            .then(async () => {
              for (const payload of ["", "hello", "1+not base64!", "5+YWJj", "9.", "é"]) {
                await admin.query("select pg_notify('mine', $1)", [payload]);
              }
              await bus.publish("mine", Buffer.from("end"));
            });
        });
        await end;
        expect(heard).toEqual(["", "end"]);
      }));

    test("a connection that the server ends is reported and made anew, with its subscriptions", () =>
      rig(async ({ connect }, admin) => {
        const bus = (await connect()) as PostgresBus;
        const heard: string[] = [];
        let wake = (): void => {};
        await bus.subscribe("kept", (message) => {
          heard.push(Buffer.from(message).toString());
          wake();
        });
        const states: string[] = [];
        bus.observe((state) => states.push(state));
        const down = nextState(bus, "down");
        await admin.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where query ilike '%listen%' and pid <> pg_backend_pid()",
        );
        await down;
        await whenUp(bus);
        const again = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await bus.publish("kept", Buffer.from("again"));
        await again;
        expect([heard, states]).toEqual([["again"], ["down", "up"]]);
      }));
  });
}

test.skipIf(!installed)("both libraries speak with one another", async () => {
  const rigs = await Promise.all(Object.values(libraries).map((library) => openWith(library)()));
  const [first, second] = (await Promise.all(rigs.map((rig) => rig.connect()))) as [PostgresBus, PostgresBus];
  const heard = new Promise<Uint8Array>(
    (resolve) =>
      void second.subscribe("topic", resolve).then(() => first.publish("topic", Buffer.from([0, 255]))),
  );
  expect(Buffer.from(await heard)).toEqual(Buffer.from([0, 255]));
  await Promise.all(rigs.map((rig) => rig.close()));
});

test("why it cannot connect is told, once as a warning by default", async () => {
  const pool = new Pool({ host: "127.0.0.1", port: 1 });
  const warned = once(process, "warning");
  const bus = postgres(pool);
  const [warning] = await warned;
  expect(warning).toMatchObject({
    code: "SOCKEYE_POSTGRES",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  await bus.close();
  await pool.end();
});

test("what is neither is refused, a client of pg too", () => {
  for (const other of [{}, undefined, "postgres://127.0.0.1", Promise.resolve({})]) {
    const refused = expect.objectContaining({ name: "TypeError", code: "ERR_CLIENT" });
    expect(() => postgres(other as unknown as PostgresLike)).toThrow(refused);
  }
  expect(() => postgres(new Client() as unknown as PostgresLike)).toThrow("cannot connect again");
});
