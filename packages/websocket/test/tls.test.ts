/** The same over TLS, where nothing is written at once. */
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { Refusal, WebSocketServer } from "../src/index.ts";
import { cert, key } from "./certificate.ts";
import { Side } from "./peer.ts";

test("messages of all sizes and many connections keep their bytes and order over TLS", async () => {
  const server = new WebSocketServer({ maxPayload: 10_000_000 });
  const https = createServer({ key, cert });
  https.on("upgrade", (request, socket, head) => {
    const accepted = server.accept(request, socket, head);
    if (accepted instanceof Refusal) throw new Error(accepted.text);
    const side = new Side(accepted, request, socket);
    side.onMessage = (data) => side.connection.send(data);
  });
  https.listen(0, "127.0.0.1");
  await once(https, "listening");
  onTestFinished(() => void https.close());
  const { port } = https.address() as AddressInfo;
  const clients = Array.from(
    { length: 5 },
    () => new WebSocket(`wss://localhost:${port}`, { ca: cert, lookup: undefined, host: "127.0.0.1" }),
  );
  await Promise.all(clients.map((client) => once(client, "open")));
  await Promise.all(
    clients.map(async (client, which) => {
      const sent = Array.from({ length: 60 }, (_, i) => `${which}:${i}:${"é".repeat((i * 997) % 40_000)}`);
      const back: string[] = [];
      client.on("message", (data) => back.push(String(data)));
      for (const message of sent) client.send(message);
      while (back.length < sent.length) await once(client, "message");
      expect(back).toEqual(sent);
      client.close(4000);
      expect((await once(client, "close"))[0]).toBe(4000);
    }),
  );
});
