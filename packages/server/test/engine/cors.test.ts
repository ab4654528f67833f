/** Other origins: what browsers are told, and what is refused on every transport (CVE-2020-28481). */
import { describe, expect, test } from "vitest";
import type { CorsOptions, ServerOptions } from "../../src/engine/index.ts";
import { event, handshake, openPolling, RawClient, request, startEngine } from "./support.ts";

const friend = "https://friend.example";
const stranger = "https://stranger.example";
const from = (origin: string) => ({ headers: { Origin: origin } });

async function status(port: number, origin: string): Promise<string> {
  const client = new RawClient(port);
  client.write(handshake("", `Origin: ${origin}\r\n`));
  return (await client.until(/^HTTP\/1.1 (\d+)/)).slice(9, 12);
}

test("by default no CORS headers are sent, on errors neither", async () => {
  const { url } = await startEngine();
  for (const query of ["transport=polling", "transport=nonsense"]) {
    const response = await request(url, query, from(stranger));
    expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
});

test("an allowed origin gets its headers, on answers, errors and preflights", async () => {
  const { url } = await startEngine({
    cors: { origin: [friend], credentials: true, methods: ["GET", "POST"], allowedHeaders: ["my-header"] },
  });
  for (const query of ["transport=polling", "transport=nonsense"]) {
    const { headers } = await request(url, query, from(friend));
    expect(headers.get("access-control-allow-origin")).toBe(friend);
    expect(headers.get("access-control-allow-credentials")).toBe("true");
    expect(headers.get("vary")).toBe("Origin");
  }
  const preflight = await request(url, "transport=polling", { ...from(friend), method: "OPTIONS" });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-methods")).toBe("GET,POST");
  expect(preflight.headers.get("access-control-allow-headers")).toBe("my-header");
});

describe("an allow-list is one on every transport", () => {
  const lists: Array<[string, CorsOptions["origin"]]> = [
    ["an array", [friend, /\.friend\.example$/g]],
    ["a string", friend],
    ["a pattern", /friend\.example$/],
    ["a function", (origin, callback) => callback(null, origin === friend)],
    ["nothing but our own", false],
  ];

  test.each(lists)("%s", async (_what, origin) => {
    const { engine, url, port } = await startEngine({ cors: { origin } });
    const client = await openPolling(url);
    const reported = event(engine, "connection_error");
    const refused = await request(url, "transport=polling", from(stranger));
    expect([refused.status, await refused.json()]).toEqual([403, { code: 4, message: "Origin not allowed" }]);
    expect((await reported)[0]).toMatchObject({ code: 4, context: { name: "ORIGIN_NOT_ALLOWED" } });
    expect((await client.post("4a", from(stranger))).status).toBe(403);
    expect(await status(port, stranger)).toBe("403");
    if (origin !== false) {
      expect((await request(url, "transport=polling", from(friend))).status).toBe(200);
      expect(await status(port, friend)).toBe("101");
    }
    expect((await request(url, "transport=polling", from(url))).status).toBe(200);
    expect((await request(url, "transport=polling")).status).toBe(200);
    expect(engine.clientsCount).toBeGreaterThan(0);
  });

  test("also when a delegate decides by the request", async () => {
    const cors: ServerOptions["cors"] = (req, callback) =>
      callback(null, { origin: req.headers["x-tenant"] === "a" ? friend : false });
    const { url } = await startEngine({ cors });
    const tenant = { Origin: friend, "X-Tenant": "a" };
    const allowed = await request(url, "transport=polling", { headers: tenant });
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([200, friend]);
    expect((await request(url, "transport=polling", from(friend))).status).toBe(403);
  });

  test("an error of the function refuses", async () => {
    const { url } = await startEngine({
      cors: { origin: (_origin, callback) => callback(new Error("db down")) },
    });
    expect((await request(url, "transport=polling", from(friend))).status).toBe(400);
  });
});

test.each<[string, CorsOptions]>([
  ["*", { origin: "*" }],
  ["nothing", {}],
])("%s lets everybody in", async (_what, cors) => {
  const { url, port } = await startEngine({ cors });
  const response = await request(url, "transport=polling", from(stranger));
  expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  expect(await status(port, stranger)).toBe("101");
});

test("true mirrors the origin", async () => {
  const { url } = await startEngine({ cors: { origin: true, credentials: true } });
  const response = await request(url, "transport=polling", from(stranger));
  expect(response.headers.get("access-control-allow-origin")).toBe(stranger);
});
