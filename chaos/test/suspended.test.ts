/** A server process that is stopped in its tracks, with all its connections open: the others need not wait for it. */
import { io as connect, type Socket } from "@sockeye/client";
import { nginxInstalled } from "@sockeye/cluster/testing";
import { afterEach, expect, test } from "vitest";
import { engines } from "../src/engines.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { Stage } from "../src/stage.ts";

const undo: Array<() => unknown> = [];

afterEach(async () => {
  for (const task of undo.splice(0).reverse()) await task();
});

async function client({ settings }: ServerProcess, number: number): Promise<Socket> {
  const socket = connect(`http://127.0.0.1:${settings.port}`, {
    path: "/plain",
    transports: ["websocket"],
    auth: { client: number },
    forceNew: true,
  });
  undo.push(() => socket.disconnect());
  await socket.whenConnected();
  return socket;
}

const polls = ({ settings }: ServerProcess): string =>
  `http://127.0.0.1:${settings.port}/plain/?EIO=4&transport=polling`;

test.skipIf(!engines.redis.installed() || !nginxInstalled())(
  "a server that is suspended harms no other: what is asked of all is answered without it, what is relayed to it ends",
  async () => {
    const stage = await Stage.open(
      { engine: "redis", servers: 3, pace: 50, drainOver: 0, heartbeat: 25_000 },
      () => {},
    );
    undo.push(() => stage.close());
    const [first, second, victim] = stage.servers as [ServerProcess, ServerProcess, ServerProcess];
    const [a, b, c] = [await client(first, 1), await client(second, 1), await client(victim, 1)];
    expect(await a.emitWithAck("census")).toBe(3);
    const session = await (await fetch(polls(victim))).text();
    const { sid } = JSON.parse(session.slice(1)) as { sid: string };

    victim.suspend();
    undo.push(() => victim.resume());
    const relayed = fetch(`${polls(first)}&sid=${sid}`).then(
      ({ status }) => status,
      () => "ended",
    );
    const asked = a.emitWithAck("census");
    // Messages pass between the others all the while.
    first.tell("speak");
    await new Promise<void>((resolve) =>
      b.on("tick", (_stream, number: number) => number === 20 && resolve()),
    );
    expect(await asked).toBe(2);
    expect(await relayed).not.toBe(200);

    victim.resume();
    await c.whenConnected();
    await new Promise<void>((resolve) => c.once("tick", () => resolve()));
  },
  60_000,
);
