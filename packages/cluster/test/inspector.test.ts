/** inspector() in a cluster: each server answers for itself, whichever of them is asked. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ClusterAdapter, cluster } from "@sockeye/cluster";
import { MemoryHub } from "@sockeye/cluster/testing";
import { FakeClock } from "@sockeye/core/testing";
import {
  type ActionProposal,
  type InspectorOverview,
  inspector,
  type Page,
  Server,
  type SocketOverview,
} from "@sockeye/server";
import { type Socket as Client, io as connect } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";

const adapterOf = (server: Server, namespace = "/"): ClusterAdapter =>
  server.of(namespace).adapter as unknown as ClusterAdapter;

async function serve(hub: MemoryHub): Promise<Server> {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const server = new Server(http, { adapter: cluster(hub.connect()) as never });
  onTestFinished(() => server.close());
  server.of("/chat");
  return server;
}

async function pair(clock?: FakeClock): Promise<[Server, Server]> {
  const hub = new MemoryHub();
  const servers: [Server, Server] = [await serve(hub), await serve(hub)];
  inspector(servers[0], { credential: "open sesame", ...(clock && { clock }) });
  await met(servers);
  return servers;
}

/** Until all know of all. */
async function met(servers: Server[]): Promise<void> {
  for (const server of servers)
    while (adapterOf(server).clusterState.servers < servers.length)
      await once(adapterOf(server), "cluster_state");
}

async function client(server: Server, namespace: string): Promise<Client> {
  const { port } = server.httpServer.address() as AddressInfo;
  const auth = { credential: "open sesame" };
  const options = { transports: ["websocket"], forceNew: true, auth };
  const socket = connect(`http://127.0.0.1:${port}${namespace}`, options);
  onTestFinished(() => void socket.close());
  await once(socket as never, "connect");
  return socket;
}

test("tells of every server, and of the sockets of the one that is asked for", async () => {
  // Its time stands still: who answers is not waited for any longer.
  const [a, b] = await pair(new FakeClock());
  inspector(b, { credential: "another one" });
  const [here, there] = [await client(a, "/chat"), await client(b, "/chat")];
  b.of("/only-there");
  const inspect = await client(a, "/inspector");
  const { servers, silent }: InspectorOverview = await inspect.emitWithAck("inspect:overview");
  expect(silent).toBe(0);
  expect(servers.map(({ namespaces }) => namespaces.map(({ name, sockets }) => [name, sockets]))).toEqual([
    [
      ["/", 0],
      ["/chat", 1],
    ],
    [
      ["/", 0],
      ["/chat", 1],
      ["/only-there", 0],
    ],
  ]);
  const [own, other] = servers.map(({ id }) => id);
  const ask = (server?: string): Promise<Page<SocketOverview>> =>
    inspect.emitWithAck("inspect:sockets", { namespace: "/chat", server });
  expect((await ask()).items.map(({ id }) => id)).toEqual([here.id]);
  expect((await ask(own)).items.map(({ id }) => id)).toEqual([here.id]);
  expect((await ask(other)).items).toMatchObject([
    { id: there.id, transport: "websocket", bufferedBytes: 0, address: "127.0.0.1" },
  ]);
  expect(await inspect.emitWithAck("inspect:rooms", { namespace: "/nowhere", server: other })).toEqual({
    error: { code: "ERR_INVALID", message: "there is no such namespace" },
  });
});

test("of three servers, the one that is meant answers", async () => {
  const hub = new MemoryHub();
  const all = [await serve(hub), await serve(hub), await serve(hub)];
  for (const server of all) inspector(server, { credential: "open sesame" });
  await met(all);
  const ids = await Promise.all(all.map(async (server) => (await client(server, "/chat")).id));
  const inspect = await client(all[0] as Server, "/inspector");
  const { servers }: InspectorOverview = await inspect.emitWithAck("inspect:overview");
  const answers = servers.map(({ id: server }) =>
    inspect.emitWithAck("inspect:sockets", { namespace: "/chat", server }),
  );
  const found: Page<SocketOverview>[] = await Promise.all(answers);
  expect(new Set(found.flatMap(({ items }) => items.map(({ id }) => id)))).toEqual(new Set(ids));
});

test("the other servers count events too, as long as somebody asks", async () => {
  const [a, b] = await pair();
  const clock = new FakeClock();
  inspector(b, { credential: "another one", clock });
  const arrived = once(b.of("/chat") as never, "connection");
  const there = await client(b, "/chat");
  const [socket] = await arrived;
  socket.on("up", (done: () => void) => done());
  const inspect = await client(a, "/inspector");
  const rates = async (): Promise<unknown> => {
    const { servers }: InspectorOverview = await inspect.emitWithAck("inspect:overview");
    return servers[1]?.namespaces.find(({ name }) => name === "/chat")?.rates;
  };
  expect(await rates()).toEqual({ in: 0, out: 0 });
  await there.emitWithAck("up");
  clock.advance(2000);
  expect(await rates()).toEqual({ in: 0.5, out: 0 });
  clock.advance(15_000);
  expect(socket.listenersAny()).toEqual([]);
});

test("a server without an inspector is counted as silent; one that is unknown is an error", async () => {
  const clock = new FakeClock();
  const [a] = await pair(clock);
  const inspect = await client(a, "/inspector");
  const overview: Promise<InspectorOverview> = inspect.emitWithAck("inspect:overview");
  await asking(clock);
  clock.advance(2000);
  expect(await overview).toMatchObject({ servers: [{ pid: process.pid }], silent: 1 });
  const sockets = inspect.emitWithAck("inspect:sockets", { namespace: "/chat", server: "nobody" });
  await asking(clock, 2);
  clock.advance(2000);
  expect(await sockets).toMatchObject({ error: { code: "ERR_INVALID" } });
});

/** Until a question waits for its answer, besides the timer of the rates. */
async function asking(clock: FakeClock, timers = 2): Promise<void> {
  while (clock.pending < timers) await new Promise((resolve) => setImmediate(resolve));
}

test("nonsense between servers is ignored", async () => {
  const [a, b] = await pair();
  inspector(b, { credential: "another one" });
  const inspect = await client(a, "/inspector");
  const ask = { kind: "ask", id: "1", from: "x" };
  for (const message of [
    null,
    7,
    {},
    { kind: "ask" },
    { ...ask, subject: "confirm" },
    { ...ask, subject: "rooms" },
  ])
    adapterOf(b, "/inspector").serverSideEmit(["sockeye:inspect", message]);
  const { servers }: InspectorOverview = await inspect.emitWithAck("inspect:overview");
  expect(servers).toHaveLength(2);
});

test("an action is for the sockets of all servers, and says so", async () => {
  const [a, b] = await pair();
  inspector(b, { credential: "another one" });
  const [here, there] = [await client(a, "/chat"), await client(b, "/chat")];
  const inspect = await client(a, "/inspector");
  const request = { action: "disconnect", namespace: "/chat" };
  const proposal: ActionProposal = await inspect.emitWithAck("inspect:propose", request);
  expect(proposal).toMatchObject({ statement: "disconnect 2 sockets in /chat on all 2 servers", sockets: 2 });
  const gone = [here, there].map((socket) => once(socket as never, "disconnect"));
  await inspect.emitWithAck("inspect:confirm", proposal);
  await Promise.all(gone);
});
