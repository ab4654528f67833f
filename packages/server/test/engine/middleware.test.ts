/** Engine middlewares: every request of every transport passes them first. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { Middleware } from "../../src/engine/index.ts";
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

const failures: Array<[how: string, middleware: Middleware]> = [
  ["passes an error on", (_req, _res, next) => next(new Error("no"))],
  ["passes a text on", (_req, _res, next) => next("no")],
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no"))],
];

describe("over polling", () => {
  test("they run in order, before each request", async () => {
    const { engine, url } = await startEngine();
    const calls: string[] = [];
    engine.use((req, _res, next) => {
      calls.push(`1 ${req.method}`);
      next();
    });
    engine.use(async (req, res, next) => {
      await new Promise((resolve) => setImmediate(resolve));
      calls.push(`2 ${req.method}`);
      res.setHeader("x-seen", "yes");
      next();
    });
    const client = await openPolling(url);
    const response = await client.post("4a");
    expect([response.status, response.headers.get("x-seen")]).toEqual([200, "yes"]);
    expect(calls).toEqual(["1 GET", "2 GET", "1 POST", "2 POST"]);
  });

  test.each(failures)("one that %s refuses the request", async (_how, middleware) => {
    const { engine, url } = await startEngine();
    engine.use(middleware);
    const reported = event(engine, "connection_error");
    const response = await request(url, "transport=polling");
    expect([response.status, await response.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
    expect((await reported)[0]).toMatchObject({
      code: 3,
      context: { name: "MIDDLEWARE_FAILURE", error: { message: "no" } },
    });
  });

  test("one may answer by itself", async () => {
    const { engine, url } = await startEngine();
    engine.use((_req, res) => {
      res.writeHead(503);
      res.end("later");
    });
    const response = await request(url, "transport=polling");
    expect([response.status, await response.text(), engine.clientsCount]).toEqual([503, "later", 0]);
  });

  test("calling next again, or after an answer, does nothing more", async () => {
    const { engine, url } = await startEngine();
    let sessions = 0;
    engine.on("connection", () => sessions++);
    engine.use((_req, _res, next) => {
      next();
      next();
      next(new Error("late"));
    });
    await openPolling(url);
    engine.use((_req, res, next) => {
      res.end("answered");
      next();
    });
    expect(await (await request(url, "transport=polling")).text()).toBe("answered");
    expect(sessions).toBe(1);
  });
});

describe.each(wsEngines)("over WebSocket (%s)", (_name, options) => {
  test("headers that they set go out with the 101, also at the last moment", async () => {
    const { engine, port } = await startEngine(options);
    const order: string[] = [];
    const over = new Promise<void>((resolve) => {
      engine.use((req: IncomingMessage, res: ServerResponse, next) => {
        expect(req.headers.upgrade).toBe("websocket");
        res.setHeader("x-early", ["1", "2"]);
        res.setHeader("content-length", "7");
        const writeHead = res.writeHead;
        // As on-headers does, for sessions and cookies.
        res.writeHead = ((status: number) => {
          res.setHeader("set-cookie", `late=${status}`);
          return writeHead.call(res, status);
        }) as typeof res.writeHead;
        res.on("finish", () => order.push("finish"));
        res.on("close", () => {
          order.push("close");
          resolve();
        });
        next();
      });
    });
    const client = new RawClient(port);
    client.write(handshake(""));
    const received = (await client.until(/0\{/)).toLowerCase();
    expect(received).toMatch(/^http\/1.1 101 /);
    expect(received).toContain("x-early: 1\r\nx-early: 2\r\n");
    expect(received).toContain("set-cookie: late=101\r\n");
    expect(received.match(/content-length|transfer-encoding/)).toBeNull();
    await over;
    expect(order).toEqual(["finish", "close"]);
  });

  test("headers that they set are shown to the headers events, which may change them", async () => {
    const { engine, port } = await startEngine(options);
    engine.use((_req, res, next) => {
      res.setHeader("X-Both", "middleware");
      next();
    });
    engine.on("headers", (headers: Record<string, string>) => {
      headers["X-Both"] += ", listener";
    });
    const client = new RawClient(port);
    client.write(handshake(""));
    expect(await client.until(/0\{/)).toContain("\r\nX-Both: middleware, listener\r\n");
  });

  test.each(failures)("one that %s refuses the handshake", async (_how, middleware) => {
    const { engine, port } = await startEngine(options);
    engine.use(middleware);
    const reported = event(engine, "connection_error");
    const client = new RawClient(port);
    client.write(handshake(""));
    await client.ended;
    expect(client.received).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(client.received).toContain('{"code":3,"message":"Bad request"}');
    expect((await reported)[0]).toMatchObject({ code: 3, context: { name: "MIDDLEWARE_FAILURE" } });
  });

  test("one may answer by itself, and the connection ends", async () => {
    const { engine, port } = await startEngine(options);
    engine.use((_req, res) => {
      res.statusCode = 401;
      res.setHeader("www-authenticate", "Basic");
      res.end("who are you?");
    });
    const client = new RawClient(port);
    client.write(handshake(""));
    await client.ended;
    expect(client.received).toMatch(/^HTTP\/1.1 401 Unauthorized\r\n/);
    expect(client.received).toContain("who are you?");
    expect(engine.clientsCount).toBe(0);
  });

  test("a client that resets its connection meanwhile does no harm (CVE-2022-41940)", async () => {
    const { engine, port } = await startEngine(options);
    const asked = new Promise<[IncomingMessage, () => void]>((resolve) => {
      engine.use((req, _res, next) => resolve([req, () => next(new Error("no"))]));
    });
    const client = new RawClient(port);
    client.write(handshake(""));
    const [req, go] = await asked;
    const left = event(req.socket, "close");
    client.socket.resetAndDestroy();
    go();
    await left;
    expect(engine.clientsCount).toBe(0);
  });

  test("async ones may let in", async () => {
    const { engine, port } = await startEngine(options);
    engine.use(async (_req, _res, next) => {
      await new Promise((resolve) => setImmediate(resolve));
      next();
    });
    expect(await openWebSocket(port).next()).toMatch(/^0\{/);
  });
});
