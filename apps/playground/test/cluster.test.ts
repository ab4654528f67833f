/** The playground on three servers: people on different ones are in one chat, and Ctrl-C ends all of them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { io as connect, type Socket } from "@sockeye/client";
import { endWithUs } from "@sockeye/cluster/testing";
import { RedisProcess, redisInstalled } from "@sockeye/redis/testing";
import { build } from "esbuild";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ClientToServer, Message, ServerToClient } from "../src/events.ts";

type Guest = Socket<ServerToClient, ClientToServer>;

let program: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "sockeye-playground-"));
  program = join(folder, "cluster.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../src/cluster.ts", import.meta.url))],
    bundle: true,
    outfile: program,
    format: "esm",
    platform: "node",
    conditions: ["source"],
    banner: {
      js: 'import * as nodeModule from "node:module"; const require = nodeModule.createRequire(import.meta.url);',
    },
  });
  return () => rm(folder, { recursive: true });
});

/** Starts it; resolves when all servers listen. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.once("spawn", () => endWithUs(child, "SIGTERM"));
  const ended = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    line,
    url: /http:\S+/.exec(line)?.[0] ?? "",
    interrupt: async () => {
      child.kill("SIGINT");
      return (await ended)[0] as unknown;
    },
  };
}

async function enter(url: string, name: string): Promise<[guest: Guest, node: string | undefined]> {
  const guest: Guest = connect(url, { auth: { user: { id: name, name } }, forceNew: true });
  onTestFinished(() => void guest.disconnect());
  await once(guest as never, "connect");
  return [guest, await guest.emitWithAck("pulse")];
}

/** Two people on different servers: connections go to any of them. */
async function enterTwo(url: string): Promise<Array<[guest: Guest, node: string | undefined]>> {
  const first = await enter(url, "Ada");
  for (;;) {
    const second = await enter(url, "Ben");
    if (second[1] !== first[1]) return [first, second];
    second[0].disconnect();
  }
}

const engines = [
  ["their own channel", async () => []],
  [
    "Redis Streams",
    async () => {
      const redis = await RedisProcess.start();
      onTestFinished(() => redis.stop());
      return [redis.url];
    },
  ],
] as const;

describe.for(engines)(
  "the playground on three servers over %s",
  ([name, open], { timeout = 30_000 } = {}) => {
    test.skipIf(name.startsWith("Redis") && !redisInstalled())(
      "people on two of them are in one chat",
      { timeout },
      async () => {
        const { line, url, interrupt } = await start(...(await open()));
        expect(line).toContain(name);
        const [[ada, hers], [ben, his]] = (await enterTwo(url)) as [[Guest, string], [Guest, string]];
        const nodes = ["north", "south", "west"];
        expect([nodes.includes(hers), nodes.includes(his)]).toEqual([true, true]);
        const activity = once(ben as never, "activity");
        const answer = await ada.emitWithAck("message", { id: "1", room: "lobby", text: "Hello Ben" });
        expect(answer).toMatchObject({ node: hers });
        expect((await activity).slice(0, 2)).toEqual(["lobby", "1"]);
        // What was said on her server is known on his, and a draft that comes there again is the same message.
        const [said] = (await ben.emitWithAck("history", "lobby")) as Message[];
        expect(said).toMatchObject({ text: "Hello Ben", node: hers });
        const again = await ben.emitWithAck("message", { id: "1", room: "lobby", text: "Hello Ben" });
        expect(again).toEqual(answer);
        // His server is restarted: he comes back, and everything is known wherever that is.
        const back = once(ben as never, "disconnect").then(() => once(ben as never, "connect"));
        expect(await ben.emitWithAck("break", "restart")).toBeNull();
        await back;
        await vi.waitFor(async () => {
          expect(await ben.emitWithAck("history", "lobby")).toMatchObject([{ text: "Hello Ben" }]);
        });
        expect(await interrupt()).toBe(0);
      },
    );
  },
);

test.skipIf(!redisInstalled())(
  "an engine that is away is waited for, and that is said once",
  async () => {
    const redis = await RedisProcess.start();
    onTestFinished(() => redis.stop());
    await redis.stop();
    const child = spawn(process.execPath, [program, redis.url], {
      env: { ...process.env, PORT: "0" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.once("spawn", () => endWithUs(child, "SIGTERM"));
    onTestFinished(() => void child.kill("SIGKILL"));
    const errors: string[] = [];
    const stderr = createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
    await once(stderr, "line");
    await redis.start();
    await once(createInterface({ input: child.stdout }), "line");
    const ended = once(stderr, "close");
    child.kill("SIGINT");
    await ended;
    expect(errors).toEqual([
      `Redis Streams cannot be reached (connect ECONNREFUSED 127.0.0.1:${redis.port}); the servers wait for it`,
      "Redis Streams can be reached again",
    ]);
  },
  30_000,
);

test("an engine that there is none of is refused", async () => {
  const child = spawn(process.execPath, [program, "mysql://127.0.0.1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const told = once(createInterface({ input: child.stderr }), "line");
  expect((await once(child, "exit"))[0]).toBe(1);
  expect(String(await told)).toContain('got "mysql://127.0.0.1"');
});
