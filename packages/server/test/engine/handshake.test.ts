/** Who is let in, who is refused and why, and what an answer's headers say. */
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import type { EngineRequest } from "../../src/engine/index.ts";
import { Server } from "../../src/engine/index.ts";
import {
  event,
  handshake,
  openPolling,
  openWebSocket,
  RawClient,
  request,
  startEngine,
  wsEngines,
} from "./support.ts";

const get = (query: string) => `GET /engine.io/?${query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

interface Reported {
  req: EngineRequest;
  code: number;
  message: string;
  context: Record<string, unknown>;
}

describe("refusals", () => {
  const cases: Array<[what: string, query: string, status: number, answer: object, context: object]> = [
    ["no transport", "EIO=4", 400, { code: 0, message: "Transport unknown" }, { transport: undefined }],
    [
      "unknown transport",
      "EIO=4&transport=tobi",
      400,
      { code: 0, message: "Transport unknown" },
      { transport: "tobi" },
    ],
    [
      "the name of something every object has",
      "EIO=4&transport=constructor",
      400,
      { code: 0, message: "Transport unknown" },
      { transport: "constructor" },
    ],
    [
      "__proto__ as transport",
      "EIO=4&transport=__proto__",
      400,
      { code: 0, message: "Transport unknown" },
      {},
    ],
    [
      "webtransport over HTTP",
      "EIO=4&transport=webtransport",
      400,
      { code: 0, message: "Transport unknown" },
      {},
    ],
    [
      "a transport given twice",
      "EIO=4&transport=polling&transport=polling",
      400,
      { code: 3, message: "Bad request" },
      { name: "AMBIGUOUS_PARAMETERS" },
    ],
    [
      "a sid given twice",
      "EIO=4&transport=polling&sid=a&sid=b",
      400,
      { code: 3, message: "Bad request" },
      { name: "AMBIGUOUS_PARAMETERS" },
    ],
    [
      "an unknown session",
      "EIO=4&transport=polling&sid=nobody",
      400,
      { code: 1, message: "Session ID unknown" },
      { sid: "nobody" },
    ],
    [
      "__proto__ as session",
      "EIO=4&transport=polling&sid=__proto__",
      400,
      { code: 1, message: "Session ID unknown" },
      {},
    ],
    [
      "constructor as session",
      "EIO=4&transport=polling&sid=constructor",
      400,
      { code: 1, message: "Session ID unknown" },
      {},
    ],
    [
      "a WebSocket handshake that is none",
      "EIO=4&transport=websocket",
      400,
      { code: 3, message: "Bad request" },
      { name: "TRANSPORT_HANDSHAKE_ERROR" },
    ],
    [
      "an old protocol",
      "EIO=3&transport=polling",
      400,
      { code: 5, message: "Unsupported protocol version" },
      { protocol: 3 },
    ],
    [
      "no protocol",
      "transport=polling",
      400,
      { code: 5, message: "Unsupported protocol version" },
      { protocol: 3 },
    ],
  ];

  test.each(cases)("%s", async (_what, query, status, answer, context) => {
    const { engine, port } = await startEngine();
    const reported = event(engine, "connection_error");
    const client = new RawClient(port);
    client.write(get(query));
    await client.ended;
    const [head = "", body = ""] = client.received.split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/content-type: application\/json/i);
    expect(JSON.parse(body)).toEqual(answer);
    const [error] = (await reported) as [Reported];
    expect(error).toMatchObject({ ...answer, context });
    expect(error.req.url).toBe(`/engine.io/?${query}`);
  });

  test("a POST without session", async () => {
    const { engine, url } = await startEngine();
    const reported = event(engine, "connection_error");
    const response = await request(url, "transport=polling", { method: "POST", body: "4a" });
    expect([response.status, await response.json()]).toEqual([
      400,
      { code: 2, message: "Bad handshake method" },
    ]);
    expect((await reported)[0]).toMatchObject({ code: 2, context: { method: "POST" } });
  });

  test("another revision of the protocol than the session's", async () => {
    const { engine, url } = await startEngine({ allowEIO3: true });
    const { sid } = await openPolling(url);
    const reported = event(engine, "connection_error");
    const response = await fetch(`${url}/engine.io/?EIO=3&transport=polling&sid=${sid}`);
    expect([response.status, await response.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
    const context = { name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 };
    expect((await reported)[0]).toMatchObject({ code: 3, context });
  });

  test("another transport than the session's, without an upgrade", async () => {
    const { engine, url } = await startEngine();
    const { sid } = await openPolling(url);
    const reported = event(engine, "connection_error");
    const response = await request(url, `transport=websocket&sid=${sid}`);
    expect(response.status).toBe(400);
    const context = { name: "TRANSPORT_MISMATCH", transport: "websocket", previousTransport: "polling" };
    expect((await reported)[0]).toMatchObject({ code: 3, context });
  });

  test("a plain request to a session that is on WebSocket, whatever transport it names", async () => {
    const { url, port } = await startEngine();
    const ws = openWebSocket(port);
    const { sid } = JSON.parse(String(await ws.next()).slice(1)) as { sid: string };
    for (const transport of ["websocket", "polling"]) {
      const response = await request(url, `transport=${transport}&sid=${sid}`);
      expect([response.status, await response.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
    }
  });

  test("a transport that is switched off", async () => {
    const { url } = await startEngine({ transports: ["websocket"] });
    expect(await (await request(url, "transport=polling")).json()).toEqual({
      code: 0,
      message: "Transport unknown",
    });
  });
});

describe.each(wsEngines)("WebSocket refusals (%s)", (_name, options) => {
  test.each([
    ["&sid=nobody", 400, "Session ID unknown"],
    ["&sid=__proto__", 400, "Session ID unknown"],
    ["&EIO=4", 400, "Bad request"],
  ])("a handshake with %s is answered, not just dropped", async (query, status, message) => {
    const { port } = await startEngine(options);
    const client = new RawClient(port);
    client.write(handshake(query));
    await client.ended;
    expect(client.received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(client.received).toContain(`"message":"${message}"`);
  });

  test("an upgrade of the polling transport is refused", async () => {
    const { port } = await startEngine(options);
    const client = new RawClient(port);
    client.write(handshake("").replace("transport=websocket", "transport=polling"));
    await client.ended;
    expect(client.received).toMatch(/^HTTP\/1.1 400 /);
  });

  test("a handshake without key is answered with 400", async () => {
    const { port } = await startEngine(options);
    const client = new RawClient(port);
    client.write(handshake("").replace(/Sec-WebSocket-Key.*\r\n/, ""));
    await client.ended;
    expect(client.received).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe("allowRequest", () => {
  test.each([
    [undefined, "Forbidden"],
    ["unfriendly", "unfriendly"],
  ])("refuses with 403 and its reason (%s)", async (reason, message) => {
    const { engine, url, port } = await startEngine({ allowRequest: (_req, fn) => fn(reason, false) });
    const reported = event(engine, "connection_error");
    const response = await request(url, "transport=polling");
    expect([response.status, await response.json()]).toEqual([403, { code: 4, message }]);
    expect((await reported)[0]).toMatchObject({
      code: 4,
      message: "Forbidden",
      context: reason ? { message } : {},
    });
    const raw = new RawClient(port);
    raw.write(handshake(""));
    await raw.ended;
    expect(raw.received).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
    expect(raw.received).toContain(message);
  });

  test("may take its time, for every transport, and is asked once per session", async () => {
    const asked: string[] = [];
    const { url, port } = await startEngine({
      allowRequest: (req, fn) => {
        asked.push(req.headers["x-who"] as string);
        setTimeout(() => fn(null, true), 5);
      },
    });
    const client = await openPolling(url);
    expect((await client.post("4a")).status).toBe(200);
    const ws = openWebSocket(port, "", { headers: { "X-Who": "ws" } });
    expect(await ws.next()).toMatch(/^0\{/);
    expect(asked).toEqual([undefined, "ws"]);
  });

  test("a client that leaves meanwhile opens no session", async () => {
    let asked: (req: IncomingMessage, decide: () => void) => void = () => {};
    const { engine, port } = await startEngine({
      allowRequest: (req, fn) => asked(req, () => fn(null, true)),
    });
    for (const text of [get("EIO=4&transport=polling"), handshake("")]) {
      const question = new Promise<[IncomingMessage, () => void]>((resolve) => {
        asked = (...args) => resolve(args);
      });
      const client = new RawClient(port);
      client.write(text);
      const [req, decide] = await question;
      const left = event(req.socket, "close");
      client.socket.resetAndDestroy();
      await left;
      decide();
    }
    expect(engine.clientsCount).toBe(0);
  });
});

describe("generateId", () => {
  test("ids are 120 random bits in base64url, all different", async () => {
    const engine = new Server();
    const ids = new Set(
      Array.from({ length: 10_000 }, () => engine.generateId({} as EngineRequest) as string),
    );
    expect(ids.size).toBe(10_000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{20}$/);
  });

  test.each([
    ["at once", () => "mine"],
    ["later", async () => "mine"],
  ])("can be replaced, answering %s", async (_when, generateId) => {
    const { engine, url } = await startEngine();
    engine.generateId = generateId;
    expect((await openPolling(url)).sid).toBe("mine");
    expect(Object.keys(engine.clients)).toEqual(["mine"]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
    ["gives nothing", () => ""],
    ["gives an id that is taken", () => "taken"],
  ])("a client is refused when it %s", async (_how, generateId) => {
    const { engine, url, port } = await startEngine();
    engine.generateId = () => "taken";
    await openPolling(url);
    engine.generateId = generateId;
    const reported = event(engine, "connection_error");
    expect((await request(url, "transport=polling")).status).toBe(400);
    expect((await reported)[0]).toMatchObject({ code: 3, context: { name: "ID_GENERATION_ERROR" } });
    const raw = new RawClient(port);
    raw.write(handshake(""));
    await raw.ended;
    expect(raw.received).toMatch(/^HTTP\/1.1 400 /);
    expect(engine.clientsCount).toBe(1);
  });
});

describe("cookie", () => {
  test.each([
    [true, "io=SID; Path=/; HttpOnly; SameSite=Lax"],
    [{ name: "who" }, "who=SID; Path=/; HttpOnly; SameSite=Lax"],
    [{ name: "who", httpOnly: false }, "who=SID; Path=/; SameSite=Lax"],
    [{ name: "who", path: "/custom" }, "who=SID; Path=/custom; HttpOnly; SameSite=Lax"],
    [
      { name: "who", maxAge: 60, secure: true, sameSite: "strict" as const },
      "who=SID; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict",
    ],
  ])("%j gives %s", async (cookie, expected) => {
    const { url } = await startEngine({ cookie });
    const response = await request(url, "transport=polling");
    const { sid } = JSON.parse((await response.text()).slice(1));
    expect(response.headers.get("set-cookie")).toBe(expected.replace("SID", sid));
  });

  test("is set once, and not by default", async () => {
    const { url } = await startEngine({ cookie: true });
    const client = await openPolling(url);
    expect((await client.post("4a")).headers.get("set-cookie")).toBeNull();
    const other = await startEngine();
    expect((await request(other.url, "transport=polling")).headers.get("set-cookie")).toBeNull();
  });

  test.each([{ name: "a;b" }, { name: "a", path: "/;x" }, { name: "a", domain: "x;y" }, { name: "a\r\nb" }])(
    "%j is refused when the server is made (GHSA-pxg6)",
    (cookie) => {
      expect(() => new Server({ cookie })).toThrow(TypeError);
    },
  );
});

describe("headers events", () => {
  test("initial_headers comes with the first answer of a session, headers with each", async () => {
    const { engine, url } = await startEngine();
    engine.on("initial_headers", (headers: Record<string, string>, req: EngineRequest) => {
      headers["x-initial"] = req._query.transport as string;
    });
    engine.on("headers", (headers: Record<string, string>) => {
      headers["x-each"] = "yes";
    });
    const first = await request(url, "transport=polling");
    const { sid } = JSON.parse((await first.text()).slice(1));
    expect([first.headers.get("x-initial"), first.headers.get("x-each")]).toEqual(["polling", "yes"]);
    const second = await request(url, `transport=polling&sid=${sid}`, { method: "POST", body: "4a" });
    expect([second.headers.get("x-initial"), second.headers.get("x-each")]).toEqual([null, "yes"]);
  });

  test.each(wsEngines)("they reach WebSocket handshakes (%s)", async (_name, options) => {
    const { engine, port } = await startEngine(options);
    engine.on("initial_headers", (headers: Record<string, unknown>) => {
      headers["x-initial"] = ["a", "b"];
    });
    engine.on("headers", (headers: Record<string, unknown>) => {
      headers["x-each"] = 1;
    });
    const client = new RawClient(port);
    client.write(handshake(""));
    const received = await client.until(/0\{/);
    expect(received).toMatch(/^HTTP\/1.1 101 /);
    expect(received.toLowerCase()).toContain("x-initial: a\r\nx-initial: b\r\nx-each: 1\r\n");
  });
});

test("the session tells what it knows of its client", async () => {
  const { url, nextSession } = await startEngine();
  const opened = nextSession();
  const client = await openPolling(url, "&token=a%20b&token2=c%26d");
  const socket = await opened;
  expect(socket.id).toBe(client.sid);
  expect([socket.protocol, socket.readyState, socket.transport.name]).toEqual([4, "open", "polling"]);
  expect(socket.remoteAddress).toBe("127.0.0.1");
  expect((socket.request as EngineRequest)._query).toMatchObject({ token: "a b", token2: "c&d" });
});

test("no limit of maxHttpBufferSize is told as a number", async () => {
  const { url } = await startEngine({ maxHttpBufferSize: Number.POSITIVE_INFINITY });
  const { opening } = await openPolling(url);
  expect(JSON.parse(opening.slice(1)).maxPayload).toBeGreaterThan(1e9);
});
