/** Tables of PostgreSQL are a log and a store, through both clients. */
import { describeLog, type LogRig, whenUp } from "@sockeye/cluster/testing";
import { type PostgresLike, postgresLog } from "@sockeye/postgres";
import { PostgresProcess, postgresInstalled } from "@sockeye/postgres/testing";
import { Pool } from "pg";
import postgresJs from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const installed = postgresInstalled();
const runner = { describe: describe.skipIf(!installed), test };

let server: PostgresProcess;

beforeAll(async () => {
  if (installed) server = await PostgresProcess.start();
}, 60_000);

afterAll(() => server?.remove());

const libraries: Record<string, () => { client: PostgresLike; end(): Promise<void> }> = {
  pg: () => {
    const pool = new Pool({ connectionString: server.url, max: 3 });
    pool.on("error", () => {});
    return { client: pool, end: () => pool.end() };
  },
  "postgres.js": () => {
    const sql = postgresJs(server.url, { max: 2, onnotice: () => {}, backoff: () => 0.02 });
    return { client: sql, end: () => sql.end({ timeout: 1 }) };
  },
};

let rigs = 0;

for (const [name, library] of Object.entries(libraries)) {
  describeLog(runner, `postgres log: ${name}`, async (): Promise<LogRig> => {
    const prefix = `t${++rigs}`;
    const ends: Array<() => Promise<void>> = [];
    return {
      async connect(limits) {
        const { client, end } = library();
        const durable = postgresLog(client, { ...limits, prefix, onError: () => {} });
        ends.push(() => durable.bus.close().then(end));
        await whenUp(durable.bus);
        return durable;
      },
      async close() {
        await Promise.all(ends.map((end) => end()));
      },
      async interrupt() {
        await server.stop();
        return () => server.start();
      },
    };
  });
}

test("what cannot work is refused", async () => {
  const pool = new Pool({ max: 1 });
  expect(() => postgresLog(pool)).toThrow("at least 2");
  const larger = new Pool({ host: "127.0.0.1", port: 1 });
  for (const wrong of [{ maxAge: 0 }, { prefix: 'x"; drop' }]) {
    const refused = expect.objectContaining({ name: "RangeError", code: "ERR_OPTION" });
    expect(() => postgresLog(larger, wrong)).toThrow(refused);
  }
  // Nothing is left behind that would go on connecting.
  expect(larger.totalCount).toBe(0);
});
