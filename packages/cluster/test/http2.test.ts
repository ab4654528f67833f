/** HTTP/2 servers that take HTTP/1.1 too: polling by streams of one connection, WebSockets by connections of their own. */
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2, createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { type ClusterAdapter, cluster } from "@sockeye/cluster";
import { MemoryHub } from "@sockeye/cluster/testing";
import { Server, type Socket } from "@sockeye/server";
import { io as connect } from "socket.io-client";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { cert, key } from "./certificate.ts";

const PATH = "/socket.io/?EIO=4&transport=polling";

interface Member {
  io: Server;
  port: number;
  /** An HTTP/2 connection to it. */
  session: ClientHttp2Session;
}

interface Answer {
  status: unknown;
  text: string;
}

async function start(hub: MemoryHub): Promise<Member> {
  const http = createSecureServer({ key, cert, allowHTTP1: true });
  const io = new Server(http, { adapter: cluster(hub.connect()) });
  io.on("connection", (socket) => socket.on("echo", (value, answer) => answer(value)));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: cert });
  onTestFinished(async () => {
    session.destroy();
    await io.close();
  });
  return { io, port, session };
}

async function ask({ session }: Member, path: string, body?: string): Promise<Answer> {
  const method = body === undefined ? "GET" : "POST";
  const stream = session.request({ ":path": path, ":method": method, "content-type": "text/plain" });
  stream.end(body);
  let text = "";
  stream.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const [[headers]] = await Promise.all([once(stream, "response"), once(stream, "end")]);
  return { status: headers[":status"], text };
}

async function open(member: Member): Promise<string> {
  const { text } = await ask(member, PATH);
  return (JSON.parse(text.slice(1)) as { sid: string }).sid;
}

const adapterOf = ({ io }: Member): ClusterAdapter => io.of("/").adapter as unknown as ClusterAdapter;

let a: Member;
let b: Member;

beforeEach(async () => {
  const hub = new MemoryHub();
  [a, b] = [await start(hub), await start(hub)];
  for (const one of [a, b])
    while (adapterOf(one).clusterState.servers < 2) await once(adapterOf(one), "cluster_state");
});

test("polls that reach another server by HTTP/2 are relayed, with bodies as large as they may be", async () => {
  const sid = await open(a);
  expect(await ask(b, `${PATH}&sid=${sid}`, "40")).toEqual({ status: 200, text: "ok" });
  expect((await ask(b, `${PATH}&sid=${sid}`)).text).toMatch(/^40\{"sid":/);
  const large = "ü".repeat(450_000);
  for (const value of ["text", large]) {
    const message = `421["echo",${JSON.stringify(value)}]`;
    expect(await ask(b, `${PATH}&sid=${sid}`, message)).toEqual({ status: 200, text: "ok" });
    expect(await ask(b, `${PATH}&sid=${sid}`)).toEqual({
      status: 200,
      text: `431[${JSON.stringify(value)}]`,
    });
  }
  expect(adapterOf(b).clusterState.counts.relayed).toBe(6);
});

test("what the session's server refuses is refused by HTTP/2", async () => {
  const sid = await open(a);
  const unknown = { status: 400, text: '{"code":1,"message":"Session ID unknown"}' };
  expect(await ask(b, `${PATH}&sid=${"A".repeat(20)}${sid.slice(20)}`)).toEqual(unknown);
  expect((await ask(b, `${PATH}&sid=${sid}`, "4".repeat(1_100_000))).status).toBe(413);
});

test("a relayed poll that the client gives up closes the session", async () => {
  const sid = await open(a);
  const [there] = Object.values(a.io.engine.clients) as unknown as [Socket["conn"]];
  const ready = new Promise((resolve) => there.transport.once("ready", resolve));
  const closed = new Promise((resolve) => there.once("close", resolve));
  const stream = b.session.request({ ":path": `${PATH}&sid=${sid}` });
  await ready;
  stream.close();
  expect(await closed).toBe("transport error");
});

test("a body that is still coming when its session ends is refused, with nothing that HTTP/2 does not know", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): unknown => warnings.push(warning);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const sid = await open(a);
  const [there] = Object.values(a.io.engine.clients) as unknown as [Socket["conn"]];
  const stream = a.session.request({ ":path": `${PATH}&sid=${sid}`, ":method": "POST" });
  const answered = once(stream, "response");
  stream.write("4");
  // A server takes streams in their order: what this one answers, it has begun to read that body before.
  await open(a);
  there.close(true);
  expect((await answered)[0]).toMatchObject({ ":status": 400 });
  expect(warnings).toEqual([]);
});

test("a session that began by HTTP/2 is upgraded by a connection to another server", async () => {
  const sid = await open(a);
  const url = `wss://127.0.0.1:${b.port}/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
  const socket = new WebSocket(url, { ca: cert });
  const next = async (): Promise<string> => String((await once(socket, "message"))[0]);
  await once(socket, "open");
  socket.send("2probe");
  expect(await next()).toBe("3probe");
  socket.send("5");
  socket.send("40");
  expect(await next()).toMatch(/^40\{"sid":/);
  socket.send('420["echo","over both"]');
  expect(await next()).toBe('430["over both"]');
  const left = new Promise((resolve) =>
    a.io.of("/").sockets.values().next().value?.once("disconnect", resolve),
  );
  socket.close();
  expect(await left).toBe("transport close");
});

test("clients that speak HTTP/1.1 poll and upgrade as ever", async () => {
  const socket = connect(`https://127.0.0.1:${a.port}`, { ca: cert as never, forceNew: true });
  onTestFinished(() => void socket.disconnect());
  await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
  const bytes = Buffer.from([0, 255]);
  expect(bytes.equals(await socket.emitWithAck("echo", bytes))).toBe(true);
});
