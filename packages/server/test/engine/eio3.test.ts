/** Engine.IO v3 (Socket.IO v2 clients), for servers that let them in. */
import { describe, expect, test } from "vitest";
import { PreparedMessage } from "../../src/engine/index.ts";
import { event, openWebSocket, startEngine, wsEngines } from "./support.ts";

async function open(query = "") {
  const started = await startEngine({ allowEIO3: true });
  const opened = started.nextSession();
  const base = `${started.url}/engine.io/?EIO=3&transport=polling${query}`;
  const response = await fetch(base);
  const body = await response.text();
  const socket = await opened;
  const session = `${base}&sid=${socket.id}`;
  const poll = async () => {
    const answer = fetch(session);
    await event(socket.transport, "ready");
    return answer;
  };
  const post = (data: string | Uint8Array, type = "text/plain;charset=UTF-8") =>
    fetch(session, { method: "POST", body: data as string, headers: { "Content-Type": type } });
  return { ...started, socket, body, poll, post };
}

describe("polling", () => {
  test("the handshake is a length-prefixed payload", async () => {
    const { body, socket } = await open();
    const [length, packet = ""] = body.split(/:(.*)/s);
    expect(Number(length)).toBe(packet.length);
    expect(JSON.parse(packet.slice(1))).toMatchObject({ sid: socket.id, upgrades: ["websocket"] });
    expect(socket.protocol).toBe(3);
  });

  test("a client without EIO counts as one", async () => {
    const { url } = await open();
    expect((await fetch(`${url}/engine.io/?transport=polling`)).status).toBe(200);
  });

  test("text goes both ways with its length in characters", async () => {
    const { socket, poll, post } = await open();
    const received: unknown[] = [];
    socket.on("message", (data) => received.push(data));
    expect((await post("6:4hello3:4é€")).status).toBe(200);
    expect(received).toEqual(["hello", "é€"]);
    const answer = poll();
    await event(socket.transport, "ready");
    socket.send("é€");
    socket.sendPrepared(new PreparedMessage(["two"]));
    expect(await (await answer).text()).toBe("3:4é€4:4two");
  });

  test("binary comes as bytes, or as base64 for clients that ask (b64)", async () => {
    const binary = await open();
    const answer = binary.poll();
    await event(binary.socket.transport, "ready");
    binary.socket.send("a");
    binary.socket.send(Uint8Array.of(1, 2));
    const response = await answer;
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes).toEqual(Buffer.of(0, 2, 255, 52, 97, 1, 3, 255, 4, 1, 2));
    const text = await open("&b64=1");
    const other = text.poll();
    await event(text.socket.transport, "ready");
    text.socket.send(Uint8Array.of(1, 2));
    expect(await (await other).text()).toBe("6:b4AQI=");
  });

  test("binary posts are read", async () => {
    const { socket, post } = await open();
    const received: unknown[] = [];
    socket.on("message", (data) => received.push(data));
    const body = Uint8Array.of(1, 3, 255, 4, 1, 2, 0, 2, 255, 52, 97);
    expect((await post(body, "application/octet-stream")).status).toBe(200);
    expect(received).toEqual([Buffer.of(1, 2), "a"]);
    expect(Buffer.isBuffer(received[0])).toBe(true);
  });

  test("the client's ping is answered on the next poll", async () => {
    const { socket, poll, post } = await open();
    const answer = poll();
    await event(socket.transport, "ready");
    await post("1:2");
    expect(await (await answer).text()).toBe("1:3");
  });

  test.each(["", "9:4a", "x", "1:x", "-1:4"])(
    "a body that is no payload (%j) closes the session",
    async (body) => {
      const { socket, post } = await open();
      const closed = event(socket, "close");
      expect((await post(body)).status).toBe(400);
      expect((await closed)[0]).toBe("parse error");
    },
  );

  test("JSONP is refused, clearly", async () => {
    const { engine, url } = await open();
    const reported = event(engine, "connection_error");
    expect((await fetch(`${url}/engine.io/?EIO=3&transport=polling&j=0`)).status).toBe(400);
    expect((await reported)[0]).toMatchObject({ code: 3, context: { name: "JSONP_UNSUPPORTED" } });
  });
});

describe.each(wsEngines)("websocket (%s)", (_name, options) => {
  test("binary frames carry their type", async () => {
    const { port, nextSession } = await startEngine({ ...options, allowEIO3: true });
    const opened = nextSession();
    const client = openWebSocket(port, "", undefined, 3);
    const socket = await opened;
    await client.next();
    socket.send(Uint8Array.of(1, 2));
    socket.sendPrepared(new PreparedMessage(["text", Uint8Array.of(3)]));
    expect(await client.next()).toEqual(Buffer.of(4, 1, 2));
    expect([await client.next(), await client.next()]).toEqual(["4text", Buffer.of(4, 3)]);
    const message = event(socket, "message");
    client.send(Uint8Array.of(4, 5, 6));
    expect(await message).toEqual([Buffer.of(5, 6)]);
    const closed = event(socket, "close");
    client.send(Uint8Array.of(9));
    expect((await closed)[0]).toBe("parse error");
  });

  test("a polling session moves", async () => {
    const { socket, port } = await open();
    const client = openWebSocket(port, `&sid=${socket.id}`, undefined, 3);
    await event(client.ws, "open");
    client.send("2probe");
    expect(await client.next()).toBe("3probe");
    const upgraded = event(socket, "upgrade");
    client.send("5");
    await upgraded;
    socket.send("here");
    expect(await client.next()).toBe("4here");
  });
});
