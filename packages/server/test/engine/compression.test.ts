/** Compression of long-polling answers. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { gunzipSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ServerOptions, Socket } from "../../src/engine/index.ts";
import { chooseEncoding } from "../../src/transports/compression.ts";
import { event, openPolling, startEngine } from "./support.ts";

describe("the encoding follows Accept-Encoding", () => {
  test.each([
    [undefined, undefined],
    ["", undefined],
    ["br", undefined],
    ["identity", undefined],
    ["gzip, deflate, br", "gzip"],
    ["GZIP", "gzip"],
    ["deflate", "deflate"],
    ["gzip;q=0.5, deflate;q=0.8", "deflate"],
    ["gzip;q=0, deflate;q=0", undefined],
    ["gzip;q=0, *", "deflate"],
    ["*", "gzip"],
    ["gzip; q=oops", undefined],
  ])("%j gives %s", (header, expected) => {
    expect(chooseEncoding(header)).toBe(expected);
  });
});

async function poll(
  options: ServerOptions,
  accept: string,
  send: (socket: Socket) => void,
): Promise<{ headers: IncomingMessage["headers"]; body: Buffer }> {
  const { url, nextSession } = await startEngine(options);
  const opened = nextSession();
  const { sid } = await openPolling(url);
  const socket = await opened;
  const req = get(`${url}/engine.io/?EIO=4&transport=polling&sid=${sid}`, {
    headers: { "Accept-Encoding": accept },
  });
  await event(socket.transport, "ready");
  send(socket);
  const [response] = (await once(req, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { headers: response.headers, body: Buffer.concat(chunks) };
}

const long = "é".repeat(1024);

test.each([
  ["gzip, deflate", "gzip", gunzipSync],
  ["deflate", "deflate", inflateSync],
] as const)("%s: large answers come as %s", async (accept, encoding, decode) => {
  const { headers, body } = await poll({}, accept, (socket) => socket.send(long));
  expect(headers["content-encoding"]).toBe(encoding);
  expect(headers["content-type"]).toBe("text/plain; charset=UTF-8");
  expect(headers["content-length"]).toBe(String(body.length));
  expect(decode(body).toString()).toBe(`4${long}`);
});

test.each<[string, ServerOptions, string, (socket: Socket) => void]>([
  ["small answers", {}, "gzip", (socket) => socket.send("x".repeat(1000))],
  [
    "answers below the threshold",
    { httpCompression: { threshold: 5000 } },
    "gzip",
    (socket) => socket.send(long),
  ],
  ["clients that do not ask", {}, "identity", (socket) => socket.send(long)],
  ["messages that forbid it", {}, "gzip", (socket) => socket.send(long, { compress: false })],
  ["when it is off", { httpCompression: false }, "gzip", (socket) => socket.send(long)],
])("%s come as they are", async (_what, options, accept, send) => {
  const { headers, body } = await poll(options, accept, send);
  expect(headers["content-encoding"]).toBeUndefined();
  expect(body.toString()).toMatch(/^4(é|x)+$/);
});

test("zlib's options are passed on", async () => {
  const { headers, body } = await poll({ httpCompression: { level: 0 } }, "gzip", (socket) =>
    socket.send(long),
  );
  expect(headers["content-encoding"]).toBe("gzip");
  expect(body.length).toBeGreaterThan(2048);
});

test("closing while an answer is being compressed loses nothing", async () => {
  const { url, nextSession } = await startEngine();
  const opened = nextSession();
  const client = await openPolling(url);
  const socket = await opened;
  const closed = event(socket, "close");
  const poll = client.poll();
  await event(socket.transport, "ready");
  socket.send(long.repeat(1000));
  await new Promise((resolve) => setImmediate(resolve));
  expect(socket.transport.writable).toBe(false);
  socket.close();
  expect(await poll).toEqual([`4${long.repeat(1000)}`]);
  expect(await client.poll()).toEqual(["1"]);
  expect((await closed)[0]).toBe("forced close");
});
