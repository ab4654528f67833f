/** Connecting: credentials, refusal with data, namespaces static, dynamic and unknown, several over one connection. */
import { expect, test } from "vitest";
import { enter, knock } from "../guest.ts";
import { identify, type Party } from "./party.ts";

export function connecting(party: Party): void {
  const { guest } = party;
  const { eio, transport } = guest.traits;

  test("connects, and the handshake carries its query and credentials", async () => {
    const visitor = await party.enter({ auth: { token: "good" }, query: { from: "afar" } });
    const identity = await identify(visitor);
    expect(identity).toMatchObject({ nsp: "/", query: { EIO: String(eio), from: "afar" } });
    expect(eio === 3 ? identity.query : identity.auth).toMatchObject({ token: "good" });
    expect(identity.rooms).toEqual([identity.id]);
    await visitor.leave();
  });

  test(`ends up on ${transport === "polling" ? "polling" : "websocket"}`, async () => {
    const visitor = await party.enter();
    if (transport === "upgrade") await visitor.call("upgraded");
    expect((await identify(visitor)).transport).toBe(transport === "polling" ? "polling" : "websocket");
    await visitor.leave();
  });

  test("is refused by a middleware with the error's data, and may come again", async () => {
    const refused = knock(guest, party.stage.url, { auth: { token: "bad" } });
    const [message, data] = await refused.next("connect_error");
    // Socket.IO v2 knows only one value: the data when there is some, else the message.
    if (eio === 3) expect([message]).toEqual([{ code: "BAD_TOKEN", tries: 3 }]);
    else expect([message, data]).toEqual(["bad token", { code: "BAD_TOKEN", tries: 3 }]);
    await refused.leave();
    const visitor = await party.enter({ auth: { token: "good" } });
    expect(await visitor.call("echo", 1)).toEqual([1]);
    await visitor.leave();
  });

  test("enters a namespace with credentials, and a dynamic one by its name", async () => {
    const admin = await party.enter({ nsps: ["/admin"], auth: { token: "admin" } });
    expect((await identify(admin)).nsp).toBe("/admin");
    const dynamic = await party.enter({ nsps: ["/dynamic-42"] });
    expect((await identify(dynamic)).nsp).toBe("/dynamic-42");
    expect(await dynamic.call("echo", "a", 2)).toEqual(["a", 2]);
    await Promise.all([admin.leave(), dynamic.leave()]);
  });

  test("is refused by a namespace that wants more, and by one that does not exist", async () => {
    const stranger = knock(guest, party.stage.url, { nsps: ["/admin"], auth: { token: "good" } });
    const [message, data] = await stranger.next("connect_error");
    if (eio === 3) expect(message).toEqual({ status: 403, need: ["admin"] });
    else expect([message, data]).toEqual(["admins only", { status: 403, need: ["admin"] }]);
    const lost = knock(guest, party.stage.url, { nsps: ["/nowhere"] });
    expect((await lost.next("connect_error"))[0]).toBe("Invalid namespace");
    await Promise.all([stranger.leave(), lost.leave()]);
  });

  test("speaks in several namespaces over one connection, and leaves one of them alone", async () => {
    const nsps = ["/", "/dynamic-1", "/dynamic-2"];
    const visitors = guest.open(party.stage.url, { nsps });
    await Promise.all(visitors.map((visitor) => visitor.next("connect")));
    const [main, one, two] = visitors;
    if (!main || !one || !two) throw new Error("three namespaces make three visitors");
    const identities = await Promise.all(visitors.map(identify));
    expect(identities.map(({ nsp }) => nsp)).toEqual(nsps);
    one.emit("dismiss me");
    expect(await one.next("farewell")).toEqual(["namespace"]);
    await one.next("disconnect");
    expect(await two.call("echo", "still here")).toEqual(["still here"]);
    expect(await main.call("echo", "here too")).toEqual(["here too"]);
    await main.leave();
    await two.leave();
  });

  test("two connections are two sockets", async () => {
    const [one, two] = await Promise.all([enter(guest, party.stage.url), enter(guest, party.stage.url)]);
    expect((await identify(one)).id).not.toBe((await identify(two)).id);
    await Promise.all([one.leave(), two.leave()]);
  });
}
