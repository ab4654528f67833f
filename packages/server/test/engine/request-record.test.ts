/** The request that opened a session: let go while nobody knows it, and made again as it was. */
import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import type { EngineRequest, Server, Socket } from "../../src/engine/index.ts";
import { openPolling, RawClient, startEngine } from "./support.ts";

const fields = [
  ["Host", "example.org"],
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["User-Agent", "Somebody"],
  ["X-Client", "a: b"],
  ["Cookie", "a=1; b=2"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];
const path = "/engine.io/?EIO=4&transport=websocket&token=1%202";

async function open(prepare: (engine: Server) => unknown, extra: string[][] = []) {
  const { engine, http, port, nextSession } = await startEngine();
  const seen: IncomingMessage[] = [];
  // Sees the request without being a listener, of whom the engine would know.
  const { emit } = http;
  http.emit = (event: string, ...args: unknown[]) => {
    if (event === "upgrade") seen.push(args[0] as IncomingMessage);
    return Reflect.apply(emit, http, [event, ...args]);
  };
  prepare(engine);
  const session = nextSession();
  const client = new RawClient(port);
  const lines = [...fields, ...extra].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  client.write(`GET ${path} HTTP/1.1\r\n${lines}\r\n`);
  const socket = await session;
  return { socket, original: seen[0] as IncomingMessage };
}

const told = ({
  method,
  url,
  httpVersion,
  headers,
  headersDistinct,
  rawHeaders,
  ...rest
}: EngineRequest) => ({
  ...{ method, url, httpVersion, headers, headersDistinct, rawHeaders },
  ...{ query: { ...rest._query }, complete: rest.complete, upgrade: (rest as { upgrade?: boolean }).upgrade },
});

describe("a request that only the engine has seen", () => {
  test("is made again with the same content, once", async () => {
    const { socket, original } = await open(() => {});
    const { request } = socket;
    expect(request).not.toBe(original);
    expect(request).toBeInstanceOf(IncomingMessage);
    expect(socket.request).toBe(request);
    expect(told(request as EngineRequest)).toEqual(told(original as EngineRequest));
    expect(request.headers["x-client"]).toBe("a: b");
    expect(request.socket).toBe(original.socket);
    expect(request.socket.remoteAddress).toBe("127.0.0.1");
  });

  test("can be read to its end, which is at once", async () => {
    const { socket } = await open(() => {});
    await once(socket.request.resume(), "end");
  });

  test("stays if it repeats a header, whose making again would be guesswork", async () => {
    const { socket, original } = await open(() => {}, [["X-Client", "c"]]);
    expect(socket.request).toBe(original);
    expect(socket.request.headers["x-client"]).toBe("a: b, c");
  });

  test("tells of a long-polling session what it told before", async () => {
    const { url, nextSession } = await startEngine();
    const session = nextSession();
    await openPolling(url, "&token=x");
    const { headers, _query, method } = (await session).request as EngineRequest;
    expect([method, headers.host, _query.token]).toEqual(["GET", new URL(url).host, "x"]);
  });
});

describe("the application keeps the very object that it has seen", () => {
  const hooks: Array<[where: string, prepare: (engine: Server, see: (request: unknown) => void) => unknown]> =
    [
      [
        "a middleware",
        (engine, see) =>
          engine.use((request, _response, next) => {
            see(request);
            next();
          }),
      ],
      [
        "allowRequest",
        (engine, see) => {
          engine.opts.allowRequest = (request, done) => {
            see(request);
            done(null, true);
          };
        },
      ],
      [
        "generateId",
        (engine, see) => {
          engine.generateId = (request) => {
            see(request);
            return "an-id";
          };
        },
      ],
      ["headers", (engine, see) => engine.once("headers", (_headers, request) => see(request))],
      [
        "initial_headers",
        (engine, see) => engine.once("initial_headers", (_headers, request) => see(request)),
      ],
      ["the HTTP server's upgrade event", (engine, see) => engine.httpServer?.on("upgrade", see)],
    ];

  test.each(hooks)("in %s", async (_where, prepare) => {
    const seen: unknown[] = [];
    const { socket }: { socket: Socket } = await open((engine) =>
      prepare(engine, (request) => seen.push(request)),
    );
    expect(seen).toHaveLength(1);
    expect(socket.request).toBe(seen[0]);
  });
});
