/** Sessions behind a load balancer that sends each request to another server. */
import { once } from "node:events";
import { createServer, request as openRequest } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { io as ourClient } from "@sockeye/client";
import { type ClusterAdapter, type ClusterOptions, cluster } from "@sockeye/cluster";
import { type MemoryBus, MemoryHub } from "@sockeye/cluster/testing";
import { FakeClock } from "@sockeye/core/testing";
import { Server, type ServerOptions, type Socket } from "@sockeye/server";
import { type Socket as Client, io as officialClient } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Balancer, balance } from "./balancer.ts";

interface Member {
  io: Server;
  bus: MemoryBus;
  port: number;
}

type Settings = Partial<ServerOptions> & { cluster?: ClusterOptions };

let hub: MemoryHub;
let members: Member[];
let balancer: Balancer;
let undo: Array<() => unknown>;

const adapterOf = ({ io }: Member): ClusterAdapter => io.of("/").adapter as unknown as ClusterAdapter;

async function member({ cluster: options = {}, ...settings }: Settings = {}): Promise<Member> {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const bus = hub.connect();
  const io = new Server(http, { adapter: cluster(bus, options), ...settings });
  undo.push(() => io.close());
  return { io, bus, port: (http.address() as AddressInfo).port };
}

async function serve(settings: Settings = {}): Promise<void> {
  hub = new MemoryHub();
  members = [await member(settings), await member(settings), await member(settings)];
  for (const one of members)
    while (adapterOf(one).clusterState.servers < 3) await once(adapterOf(one), "cluster_state");
  balancer = await balance(members.map(({ port }) => port));
  undo.push(() => balancer.close());
  for (const { io } of members) io.on("connection", echo);
}

function echo(socket: Socket): void {
  socket.on("echo", (value, answer) => answer(value));
}

/** How many requests have been relayed. */
const relayed = (): number =>
  members.reduce((sum, one) => sum + adapterOf(one).clusterState.counts.relayed, 0);

/** How many bytes the bus has carried. */
const carried = (): number => members.reduce((sum, { bus }) => sum + bus.carried, 0);

const sessions = (): number[] => members.map(({ io }) => io.engine.clientsCount);

beforeEach(() => {
  undo = [];
});

afterEach(async () => {
  for (const task of undo.splice(0).reverse()) await task();
});

async function opened(socket: Client): Promise<Client> {
  undo.push(() => socket.close());
  if (!socket.connected)
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
  return socket;
}

/** Resolves with the code by which its WebSocket is closed. */
function closeCodeOf(socket: Client): Promise<number> {
  return new Promise((resolve) => {
    socket.once("disconnect", (_, details) =>
      resolve((details as unknown as { context: { code: number } }).context.code),
    );
  });
}

describe.each([
  ["socket.io-client", officialClient],
  ["@sockeye/client", ourClient as unknown as typeof officialClient],
])("%s", (_, io) => {
  const client = (options: object = {}): Promise<Client> =>
    opened(io(balancer.url, { forceNew: true, reconnectionDelay: 10, ...options }));

  test("long-polling only: text, binary, and bodies as large as they may be", async () => {
    await serve();
    const socket = await client({ transports: ["polling"] });
    for (const value of ["text", Buffer.from([0, 1, 255]), { deep: [Buffer.alloc(3)] }])
      expect(await socket.emitWithAck("echo", value)).toEqual(value);
    const large = "x".repeat(990_000);
    expect(await socket.emitWithAck("echo", large)).toBe(large);
    expect(relayed()).toBeGreaterThan(5);
  });

  test("an upgrade that reaches another server, and all that follows it", async () => {
    await serve();
    // The session is with the first server, its WebSocket comes by the second.
    balancer.choose = (url) => (url.includes("transport=websocket") ? 1 : 0);
    const socket = await client();
    if (socket.io.engine.transport.name !== "websocket")
      await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
    expect(sessions()).toEqual([1, 0, 0]);
    const numbers = await Promise.all(Array.from({ length: 200 }, (__, n) => socket.emitWithAck("echo", n)));
    expect(numbers).toEqual(Array.from({ length: 200 }, (__, n) => n));
    const large = Buffer.alloc(900_000, 7);
    expect(large.equals(await socket.emitWithAck("echo", large))).toBe(true);
    const [there] = [...(members[0] as Member).io.of("/").sockets.values()] as [Socket];
    expect(there.handshake.address).toBe("127.0.0.1");
    const gone = new Promise((resolve) => socket.once("disconnect", resolve));
    there.conn.close();
    expect(await gone).toBe("transport close");
  });

  test("a client that leaves its relayed WebSocket has left", async () => {
    await serve();
    balancer.choose = (url) => (url.includes("transport=websocket") ? 1 : 0);
    const socket = await client();
    if (socket.io.engine.transport.name !== "websocket")
      await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
    const [there] = [...(members[0] as Member).io.of("/").sockets.values()] as [Socket];
    const gone = new Promise((resolve) => there.once("disconnect", resolve));
    socket.io.engine.close();
    expect(await gone).toBe("transport close");
  });

  test("twenty clients on turns of three servers", async () => {
    await serve();
    const all = await Promise.all(Array.from({ length: 20 }, () => client()));
    const answers = await Promise.all(all.map((socket, n) => socket.emitWithAck("echo", n)));
    expect(answers).toEqual(all.map((__, n) => n));
    expect(sessions().reduce((sum, count) => sum + count)).toBe(20);
  });

  test("with sticky sessions nothing goes over the bus", async () => {
    await serve();
    balancer.choose = () => 2;
    for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
      const socket = await client({ transports });
      expect(await socket.emitWithAck("echo", 1)).toBe(1);
      if (transports.length > 1 && socket.io.engine.transport.name !== "websocket")
        await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
      expect(await socket.emitWithAck("echo", 2)).toBe(2);
    }
    expect(relayed()).toBe(0);
  });

  test("a session whose server has died is unknown at once, and the client comes back on another", async () => {
    await serve();
    balancer.choose = (url) => (url.includes("sid=") ? 1 : 0);
    const socket = await client({ transports: ["polling"] });
    const again = new Promise((resolve) => socket.io.once("reconnect", resolve));
    balancer.choose = () => 1;
    await (members[0] as Member).io.close();
    await again;
    expect(sessions()).toEqual([0, 1, 0]);
    expect(await socket.emitWithAck("echo", 3)).toBe(3);
  });

  test("when the bus is lost, relayed sessions close and clients come back", async () => {
    await serve();
    balancer.choose = (url) => (url.includes("transport=websocket") ? 1 : 0);
    const socket = await client();
    if (socket.io.engine.transport.name !== "websocket")
      await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
    const again = new Promise((resolve) => socket.io.once("reconnect", resolve));
    balancer.choose = () => 1;
    for (const { bus } of members) bus.cut();
    await again;
    expect(await socket.emitWithAck("echo", 4)).toBe(4);
  });

  test("a server that is drained sends away whose WebSocket it relays, and they are recovered", async () => {
    await serve({ connectionStateRecovery: {} });
    balancer.choose = (url) => (url.includes("transport=websocket") ? 1 : 0);
    const socket = await client();
    if (socket.io.engine.transport.name !== "websocket")
      await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
    const gone = closeCodeOf(socket);
    const again = new Promise((resolve) => socket.io.once("reconnect", resolve));
    balancer.choose = () => 0;
    const drained = (members[1] as Member).io.drain({ over: 10 });
    expect(await gone).toBe(1012);
    await Promise.all([again, drained]);
    expect(await socket.emitWithAck("echo", 6)).toBe(6);
  });

  test("a server that is drained has nobody's poll: sessions of others by long-polling go on", async () => {
    await serve();
    balancer.choose = (url) => (url.includes("sid=") ? 1 : 0);
    const socket = await client({ transports: ["polling"] });
    let lost = 0;
    socket.on("disconnect", () => lost++);
    expect(await socket.emitWithAck("echo", 7)).toBe(7);
    const [there] = [...(members[0] as Member).io.of("/").sockets.values()] as [Socket];
    while (!there.conn.transport.writable) await new Promise(setImmediate);
    balancer.choose = () => 0;
    await (members[1] as Member).io.drain({ over: 10 });
    expect(await socket.emitWithAck("echo", 8)).toBe(8);
    expect([lost, sessions()]).toEqual([0, [1, 0, 0]]);
  });

  test("ids that the application makes are found too", async () => {
    await serve();
    for (const { io: server } of members) {
      const { engine } = server;
      engine.generateId = () => `mine-${Math.random()}`;
    }
    const socket = await client({ transports: ["polling"] });
    expect(await socket.emitWithAck("echo", 5)).toBe(5);
  });
});

// --- what clients must not be able to do ---

interface Answer {
  status: number;
  body: string;
  headers: NodeJS.Dict<string | string[]>;
}

function ask(port: number, path: string, method = "GET", body = "", headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = openRequest({ host: "127.0.0.1", port, path, method, headers, agent: false });
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode as number, body: text, headers: response.headers }),
      );
    });
    request.end(body);
  });
}

const PATH = "/socket.io/?EIO=4&transport=polling";
const portOf = (index: number): number => (members[index] as Member).port;

/** Opens a session at the first server. */
async function openSession(): Promise<string> {
  const { body } = await ask(portOf(0), PATH);
  return (JSON.parse(body.slice(1)) as { sid: string }).sid;
}

const UNKNOWN = '{"code":1,"message":"Session ID unknown"}';

/** Lets a fourth server relay a poll, and be drained: it has the minute that the poll waits, by its own clock. */
async function drainFourth(): Promise<{
  port: number;
  clock: FakeClock;
  poll: Promise<Answer>;
  drained: Promise<void>;
}> {
  const clock = new FakeClock();
  await serve();
  const { io, port } = await member({ clock });
  for (const one of members)
    while (adapterOf(one).clusterState.servers < 4) await once(adapterOf(one), "cluster_state");
  const poll = ask(port, `${PATH}&sid=${await openSession()}`);
  while (sessionsThatWait() < 1) await new Promise(setImmediate);
  return { port, clock, poll, drained: io.drain({ over: "1m" }) };
}

/** How many polls wait at the first server. */
const sessionsThatWait = (): number =>
  Object.values((members[0] as Member).io.engine.clients).filter(({ transport }) => transport.writable)
    .length;

test("polls that reach a server while it is drained are answered at once, and lead elsewhere", async () => {
  const { port, clock, poll, drained } = await drainFourth();
  const late = await ask(port, `${PATH}&sid=${await openSession()}`);
  expect([late.status, late.body, late.headers.connection]).toEqual([200, "6", "close"]);
  // The one that waited already leaves when its share of the time is over.
  expect(sessionsThatWait()).toBe(1);
  clock.advance(60_000);
  const early = await poll;
  expect([early.status, early.body, early.headers.connection]).toEqual([200, "6", "close"]);
  await drained;
  expect(sessions()).toEqual([2, 0, 0]);
});

test("an upgrade that reaches a server while it is drained is relayed, and leaves at the end", async () => {
  const { port, clock, drained } = await drainFourth();
  const direct = await balance([portOf(0), port]);
  undo.push(() => direct.close());
  direct.choose = (url) => (url.includes("transport=websocket") ? 1 : 0);
  const socket = await opened(ourClient(direct.url, { forceNew: true }) as unknown as Client);
  if (socket.io.engine.transport.name !== "websocket")
    await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
  const code = closeCodeOf(socket);
  expect(await socket.emitWithAck("echo", 9)).toBe(9);
  clock.advance(60_000);
  expect(await code).toBe(1012);
  await drained;
});

describe("security", () => {
  test("unknown ids cost the bus nothing", async () => {
    await serve();
    for (const sid of [
      "x",
      "A".repeat(20),
      `${"A".repeat(20)}.AAAAAAAA`,
      ".",
      "__proto__",
      "B".repeat(5_000),
    ]) {
      const answer = await ask(portOf(1), `${PATH}&sid=${sid}`, "POST", "4x");
      expect([answer.status, answer.body]).toEqual([400, UNKNOWN]);
    }
    expect(relayed()).toBe(0);
  });

  test("an invented id of a living server is refused by it, and its body stays here", async () => {
    await serve();
    const sid = await openSession();
    const invented = `${"A".repeat(20)}${sid.slice(20)}`;
    const before = carried();
    const answer = await ask(portOf(1), `${PATH}&sid=${invented}`, "POST", "4".repeat(900_000));
    expect([answer.status, answer.body]).toEqual([400, UNKNOWN]);
    expect(relayed()).toBe(1);
    expect(carried() - before).toBeLessThan(40_000);
  });

  test("the server that has the session checks methods, sizes and overlaps", async () => {
    await serve({ maxHttpBufferSize: 1_000 });
    let sid = await openSession();
    expect((await ask(portOf(1), `${PATH}&sid=${sid}`, "DELETE")).status).toBe(405);
    expect((await ask(portOf(1), `${PATH}&sid=${sid}`, "POST", `4${"x".repeat(200_000)}`)).status).toBe(413);
    sid = await openSession();
    // The namespace is not asked for, so that the first poll waits.
    const overlapping = await Promise.all([1, 2].map((server) => ask(portOf(server), `${PATH}&sid=${sid}`)));
    expect(overlapping.map(({ status, body }) => `${status} ${body}`).sort()).toEqual([
      "200 1",
      expect.stringMatching(/^400 /),
    ]);
    const mismatch = await ask(portOf(1), `${PATH.replace("4", "3")}&sid=${await openSession()}`);
    expect(mismatch.status).toBe(400);
  });

  test("a poll that the client gives up closes the session", async () => {
    await serve();
    const sid = await openSession();
    const [engineSocket] = Object.values((members[0] as Member).io.engine.clients);
    const closed = new Promise((resolve) => engineSocket?.once("close", resolve));
    const raw = connectTcp(portOf(1), "127.0.0.1");
    raw.write(`GET ${PATH}&sid=${sid} HTTP/1.1\r\nHost: x\r\n\r\n`);
    while (!(engineSocket as unknown as Socket["conn"]).transport.writable)
      await new Promise((resolve) => setImmediate(resolve));
    raw.destroy();
    expect(await closed).toBe("transport error");
  });

  test("middlewares and CORS guard at the server that the client reaches", async () => {
    await serve({ cors: { origin: "https://good.example" } });
    const sid = await openSession();
    const bad = await ask(portOf(1), `${PATH}&sid=${sid}`, "POST", "40", { origin: "https://evil.example" });
    expect(bad.status).toBe(403);
    const good = await ask(portOf(1), `${PATH}&sid=${sid}`, "POST", "40", { origin: "https://good.example" });
    expect([good.status, good.body]).toEqual([200, "ok"]);
    expect(good.headers["access-control-allow-origin"]).toBe("https://good.example");
    const seen: string[] = [];
    (members[1] as Member).io.engine.use((request, __, next) => {
      seen.push(request.url ?? "");
      next();
    });
    (members[0] as Member).io.engine.use(() => expect.unreachable("it has run where the client is"));
    await ask(portOf(1), `${PATH}&sid=${sid}`);
    expect(seen).toHaveLength(1);
  });

  test("no second request hides in the body of a first one", async () => {
    await serve();
    const sid = await openSession();
    const hidden = `POST ${PATH}&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40`;
    const got = await ask(portOf(1), `${PATH}&sid=${sid}`, "DELETE", hidden, {
      "content-length": hidden.length,
    });
    expect(got.status).toBe(405);
    expect((members[0] as Member).io.of("/").sockets.size).toBe(0);
  });
});
