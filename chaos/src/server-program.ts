/** A server process: plain delivery under one path and, where the engine has a log, all the rest under another. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type ClusterState, cluster } from "@sockeye/cluster";
import { Server, type Socket } from "@sockeye/server";
import { engines } from "./engines.ts";
import type { FromServer, ServerSettings, ToServer } from "./server-process.ts";
import { roomsOf, Source } from "./traffic.ts";

const settings = JSON.parse(process.argv[2] ?? "") as ServerSettings;
const tell = (message: FromServer): unknown => process.send?.(message);

const http = createServer();
const buses = await engines[settings.engine].open(settings.url);
const { heartbeat } = settings;
const common = { pingInterval: heartbeat, pingTimeout: heartbeat, serveClient: false };
const plain = new Server(http, {
  ...common,
  path: "/plain",
  adapter: cluster(buses.plain, { prefix: "plain" }),
});
const logged =
  buses.logged &&
  new Server(http, {
    ...common,
    path: "/logged",
    adapter: cluster(buses.logged, { prefix: "logged" }),
    connectionStateRecovery: {},
    delivery: { durable: true },
  });
const servers = logged ? [plain, logged] : [plain];

for (const [index, server] of servers.entries()) {
  server.on("connection", receive);
  server.on("cluster_state", ({ bus, servers: count }: ClusterState) =>
    tell({ kind: "state", index, bus, servers: count }),
  );
}

function receive(socket: Socket): void {
  const { client } = socket.handshake.auth as { client: number };
  const rooms = roomsOf(client).slice(0, 1);
  const { recoveryFailure: reason } = socket;
  if (reason) tell({ kind: "anew", client, reason });
  if (!socket.recovered) {
    socket.data = { client };
    socket.join(rooms);
  } else if (socket.data.client !== client || !rooms.every((room) => socket.rooms.has(room))) {
    tell({ kind: "flaw", what: `client ${client} was recovered without its rooms or its data` });
  }
  socket.on("echo", (value: unknown, done: (value: unknown) => void) => done(value));
  socket.on("census", async (done: (sockets: number) => void) =>
    done((await socket.nsp.fetchSockets()).length),
  );
  socket.on("order", (number: number, done: (number: number) => void) => {
    tell({ kind: "handled", server: settings.name, client, number, at: Date.now() });
    socket.reliable.emit("confirm", number);
    done(number);
  });
}

http.listen(settings.port, "127.0.0.1");
await once(http, "listening");
for (const server of servers) {
  const { adapter } = server.of("/");
  while ((await adapter.serverCount()) < settings.servers) await once(adapter, "cluster_state");
}

let sources: Source[] = [];

process.on("message", async (order: ToServer) => {
  switch (order) {
    case "speak":
      sources = servers.map((server, index) => {
        const name = `${["plain", "logged"][index]}-${settings.name}`;
        return new Source(name, server, settings.pace);
      });
      return;
    case "hush":
      for (const source of sources) source.stop();
      return tell({ kind: "sent", streams: sources.flatMap(({ sent }) => [...sent]) });
    case "drain":
      for (const source of sources) source.stop();
      tell({ kind: "sent", streams: sources.flatMap(({ sent }) => [...sent]) });
      await Promise.all(servers.map((server) => server.drain({ over: settings.drainOver })));
      await buses.close();
      process.exit();
  }
});
// The test that started it has ended, however.
process.once("disconnect", () => process.exit());
tell({ kind: "ready" });
