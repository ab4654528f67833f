/** Large payloads by polling alone, on server processes without sticky sessions: two requests of three are relayed. */
import { io as connect, type Socket } from "@sockeye/client";
import { nginxInstalled } from "@sockeye/cluster/testing";
import { afterEach, expect, test } from "vitest";
import { engines } from "../src/engines.ts";
import { Stage } from "../src/stage.ts";

const undo: Array<() => unknown> = [];

afterEach(async () => {
  for (const task of undo.splice(0).reverse()) await task();
});

test.skipIf(!engines.redis.installed() || !nginxInstalled())(
  "twenty-five clients exchange 300 KB each, and none loses its connection",
  async () => {
    const stage = await Stage.open(
      { engine: "redis", servers: 3, pace: 1_000, drainOver: 0, heartbeat: 25_000 },
      () => {},
    );
    undo.push(() => stage.close());
    const losses: string[] = [];
    const sockets = await Promise.all(
      Array.from({ length: 25 }, async (_, client): Promise<Socket> => {
        const options = { path: "/plain", transports: ["polling"], auth: { client }, forceNew: true };
        const socket = connect(stage.url, options);
        undo.push(() => socket.disconnect());
        socket.on("disconnect", (reason) => losses.push(`client ${client}: ${reason}`));
        await socket.whenConnected();
        return socket;
      }),
    );
    const payload = Buffer.alloc(300_000, 7);
    const answers = await Promise.all(sockets.map((socket) => socket.emitWithAck("echo", payload)));
    expect(answers.every((answer) => payload.equals(answer))).toBe(true);
    expect(losses).toEqual([]);
  },
  60_000,
);
