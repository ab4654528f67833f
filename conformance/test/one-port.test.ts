/** Threads, and workers of Node's cluster, share one port without sticky sessions: whoever is reached, all is as ever. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { knock, type Traits, type Visitor } from "../src/guest.ts";
import { javascript } from "../src/guests/javascript.ts";
import { eventing } from "../src/matrix/events.ts";
import { upgrading } from "../src/matrix/load.ts";
import { describeParty, identify } from "../src/matrix/party.ts";
import { gathering } from "../src/matrix/rooms.ts";
import { nodeRuntimes } from "../src/needs.ts";
import { onOnePort } from "../src/server-kinds.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

// The processes run what is built: bring it up to date with the sources under test.
beforeAll(() => {
  const { status, stdout } = spawnSync("npx", ["tsc", "-b", "conformance"], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
}, 120_000);

const [current, ...others] = nodeRuntimes();
if (!current) throw new Error("expected the Node.js that runs this");
// Node.js 20 shares no port between threads.
const kinds = [onOnePort(current, "workers"), ...others.map((node) => onOnePort(node, "threads"))];

const [processes, ...threads] = kinds;
if (processes) describeParty(processes, javascript("socket.io-client", "polling"), [eventing, gathering]);
for (const kind of threads) {
  describeParty(kind, javascript("@sockeye/client", "upgrade"), [eventing, gathering, upgrading]);
}

interface Host {
  name: number;
  /** How many requests and WebSockets it has relayed. */
  relayed: number;
}

async function hostOf(visitor: Visitor): Promise<Host> {
  const [name, relayed] = await visitor.call("server");
  return { name, relayed } as Host;
}

// Each begins with three servers of its own.
describe.for(kinds)("$name", { timeout: 30_000 }, ({ open }) => {
  async function crowd(transport: Traits["transport"], count: number): Promise<Visitor[]> {
    const stage = await open();
    const guest = javascript("socket.io-client", transport);
    onTestFinished(async () => {
      await guest.dismiss();
      await stage.clear();
    });
    const visitors = Array.from({ length: count }, () => knock(guest, stage.url, { reconnection: true }));
    await Promise.all(visitors.map((visitor) => visitor.next("connect")));
    return visitors;
  }

  test("a server dies: its clients begin anew on the others, whose own clients notice nothing", async () => {
    const visitors = await crowd("websocket", 12);
    const hosts = await Promise.all(visitors.map(hostOf));
    const dead = hosts[0]?.name;
    visitors[0]?.emit("die");
    const moved = visitors.filter((_, place) => hosts[place]?.name === dead);
    for (const visitor of moved) expect(await visitor.next("disconnect")).toEqual(["transport close"]);
    for (const visitor of moved) {
      await visitor.next("connect");
      expect((await hostOf(visitor)).name).not.toBe(dead);
      expect((await identify(visitor)).recovered).toBe(false);
    }
    visitors[0]?.emit("tell", { from: "io" }, "still here");
    for (const visitor of visitors) expect(await visitor.next("news")).toEqual(["still here"]);
    const others = visitors.filter((visitor) => !moved.includes(visitor));
    expect(others.flatMap((visitor) => visitor.take("disconnect"))).toEqual([]);
  });

  test("polls are relayed from whichever server they reach; when one dies, its clients come back", async () => {
    const visitors = await crowd("polling", 6);
    const hosts = await Promise.all(visitors.map(hostOf));
    expect(Math.max(...hosts.map(({ relayed }) => relayed))).toBeGreaterThan(0);
    visitors[0]?.emit("die");
    await visitors[0]?.next("disconnect");
    await visitors[0]?.next("connect");
    expect((await hostOf(visitors[0] as Visitor)).name).not.toBe(hosts[0]?.name);
  });
});
