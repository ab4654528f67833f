// @vitest-environment jsdom
/** Rooms and presence as components see them. */
import { cluster } from "@sockeye/cluster";
import { MemoryHub } from "@sockeye/cluster/testing";
import { type PresenceState, type RoomState, usePresence, useRoom, WebSocketProvider } from "@sockeye/react";
import { type RoomsOptions, rooms, type ServerOptions } from "@sockeye/server";
import { act, render, waitFor } from "@testing-library/react";
import { type ReactNode, StrictMode } from "react";
import { expect, test } from "vitest";
import { fast, type Place, serve, Use } from "./support.tsx";

async function lobby(options: RoomsOptions = {}, server: Partial<ServerOptions> = {}) {
  const place = await serve(server);
  const user: RoomsOptions["user"] = ({ handshake }) => ({ id: handshake.auth.name, age: 36 });
  return { ...place, rooms: rooms(place.io, { user, ...options }) };
}

interface Seen {
  room?: RoomState;
  presence?: PresenceState;
}

/** A page of somebody: `rooms` of its components are in the room, `watches` look who is. */
function enter(place: Place, name: string) {
  const seen: Seen = {};
  const inRoom = (): void => {
    seen.room = useRoom("lobby");
  };
  const watching = (): void => {
    seen.presence = usePresence("lobby");
  };
  const page = (inside: number, watches: number): ReactNode => (
    <StrictMode>
      <WebSocketProvider url={place.url} options={fast()} auth={{ name }}>
        {Array.from({ length: inside }, (_, at) => (
          <Use key={`room ${String(at)}`} hook={inRoom} />
        ))}
        {Array.from({ length: watches }, (_, at) => (
          <Use key={`presence ${String(at)}`} hook={watching} />
        ))}
      </WebSocketProvider>
    </StrictMode>
  );
  const { rerender, unmount } = render(page(1, 1));
  const names = (): string[] | undefined =>
    seen.presence?.members.map((one) => `${one.id} ${one.connections}`);
  return {
    seen,
    show: (inside: number, watches: number) => rerender(page(inside, watches)),
    unmount,
    sees: (...expected: string[]) => waitFor(() => expect(names()).toEqual(expected)),
  };
}

test("people see each other come, open a second tab, and go", async () => {
  const place = await lobby();
  const ada = enter(place, "ada");
  await ada.sees("ada 1");
  expect(ada.seen.presence?.members).toEqual([{ id: "ada", age: 36, connections: 1 }]);
  const ben = enter(place, "ben");
  await ada.sees("ada 1", "ben 1");
  await ben.sees("ada 1", "ben 1");
  const tab = enter(place, "ben");
  await ada.sees("ada 1", "ben 2");
  tab.unmount();
  await ada.sees("ada 1", "ben 1");
  ben.show(0, 1);
  await ada.sees("ada 1");
  await ben.sees("ada 1");
  ben.unmount();
});

test("several components of a page join once, and the last one leaves", async () => {
  const place = await lobby();
  const asked: string[] = [];
  place.io.on("connection", (socket) => void socket.onAny((name) => asked.push(name)));
  const arrived = place.next();
  const ada = enter(place, "ada");
  const socket = await arrived;
  await ada.sees("ada 1");
  ada.show(3, 2);
  // Each for itself, in any order.
  const left = ["presence", "room"].map(
    (kind) => new Promise((resolve) => socket.once(`sockeye:${kind}:leave`, resolve)),
  );
  ada.show(1, 0);
  ada.show(0, 0);
  expect(await Promise.all(left)).toEqual(["lobby", "lobby"]);
  expect(asked.sort()).toEqual([
    "sockeye:presence:join",
    "sockeye:presence:leave",
    "sockeye:room:join",
    "sockeye:room:leave",
  ]);
  expect([...socket.rooms]).toEqual([socket.id]);
});

test.each([
  ["not recovered", {}],
  ["recovered", { connectionStateRecovery: {} }],
])("a connection that is lost and %s is in the room again, and nobody saw it go", async (_, server) => {
  const place = await lobby({}, server);
  const arrived = place.next();
  const ada = enter(place, "ada");
  await ada.sees("ada 1");
  const ben = enter(place, "ben");
  await ada.sees("ada 1", "ben 1");
  const told: unknown[] = [];
  place.io.sockets.sockets.forEach((socket) => {
    socket.onAnyOutgoing((name, _room, [one]) => told.push([name, one]));
  });
  const back = place.next();
  (await arrived).conn.close();
  const again = await back;
  await waitFor(() => expect(again.rooms).toContain("room:lobby"));
  await waitFor(() => expect(ada.seen.room?.status).toBe("joined"));
  await waitFor(() => expect(ada.seen.presence?.status).toBe("joined"));
  const cyd = enter(place, "cyd");
  await ada.sees("ada 1", "ben 1", "cyd 1");
  await ben.sees("ada 1", "ben 1", "cyd 1");
  expect(told).toEqual([["sockeye:presence", { id: "cyd", age: 36, connections: 1 }]]);
  cyd.unmount();
});

test("who is refused is told why", async () => {
  const place = await lobby({ authorize: (_, __, purpose) => purpose === "presence" });
  const { seen } = enter(place, "ada");
  await waitFor(() => expect(seen.room?.status).toBe("refused"));
  expect(seen.room?.error).toMatchObject({ code: "ERR_FORBIDDEN", message: /lobby/ });
  await waitFor(() => expect(seen.presence).toMatchObject({ status: "joined", members: [] }));
});

test("the servers of a cluster see each other's people, and forget those of a server that is gone", async () => {
  const hub = new MemoryHub();
  const [one, two] = [
    await lobby({}, { adapter: cluster(hub.connect()) as never }),
    await lobby({}, { adapter: cluster(hub.connect()) as never }),
  ];
  const ada = enter(one, "ada");
  await ada.sees("ada 1");
  const ben = enter(two, "ben");
  await ben.sees("ada 1", "ben 1");
  await ada.sees("ada 1", "ben 1");
  const tab = enter(one, "ben");
  await ada.sees("ada 1", "ben 2");
  const late = await lobby({}, { adapter: cluster(hub.connect()) as never });
  await waitFor(() => expect(late.rooms.present("lobby")).toHaveLength(2));
  tab.unmount();
  await act(() => two.io.close());
  await ada.sees("ada 1");
});
