/** A server that is drained: its clients come back at once, elsewhere. */
import { once } from "node:events";
import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { io as ours } from "@sockeye/client";
import { Server } from "@sockeye/server";
import { io as official } from "socket.io-client";
import { afterEach, describe, expect, test, vi } from "vitest";

const cleanups: Array<() => unknown> = [];
const atEnd = (cleanup: () => unknown): void => void cleanups.unshift(cleanup);

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Two servers behind one address, as a load balancer has it: `front` tells which one serves. */
interface Pair {
  url: string;
  first: Server;
  second: Server;
}

/** The servers share an HTTP server's port by hand-over of requests and upgrades: first while it is ready. */
async function twoServers(): Promise<Pair> {
  const [backA, backB] = [createServer(), createServer()];
  const [first, second] = [new Server(backA), new Server(backB)];
  const now = (): HttpServer => (first.ready ? backA : backB);
  const sids = /sid=([^&]+)/;
  const route = (url = ""): HttpServer => {
    const [, sid] = sids.exec(url) ?? [];
    return sid === undefined ? now() : sid in first.engine.clients ? backA : backB;
  };
  const front = createServer(((request, response) => {
    route(request.url).emit("request", request, response);
  }) as RequestListener);
  front.on("upgrade", (request, socket, head) => route(request.url).emit("upgrade", request, socket, head));
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  atEnd(async () => {
    await Promise.all([first.close(), second.close()]);
    front.closeAllConnections();
    front.close();
  });
  return { url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`, first, second };
}

describe.each([
  ["our client", ours as unknown as typeof official],
  ["an official client", official],
])("%s", (name, connect) => {
  test.each([[["websocket"]], [["polling"]]])("over %j comes back elsewhere", async (transports) => {
    const { url, first, second } = await twoServers();
    const settings = { transports, forceNew: true, reconnectionDelay: name === "our client" ? 600_000 : 10 };
    const client = connect(url, { ...settings, reconnectionDelayMax: settings.reconnectionDelay });
    atEnd(() => client.disconnect());
    const heard: string[] = [];
    client.on("news", (text: string) => heard.push(text));
    await once(client as never, "connect");
    first.emit("news", "last words");
    const reasons: string[] = [];
    client.on("disconnect", (reason: string) => reasons.push(reason));
    const arrived = new Promise((resolve) => second.on("connection", resolve));
    await first.drain({ over: 0 });
    // Ours does not wait for the ten minutes of its delay.
    await arrived;
    second.emit("news", "from the second");
    await vi.waitFor(() => expect(heard).toEqual(["last words", "from the second"]));
    expect(reasons).toEqual(["transport close"]);
  });
});
