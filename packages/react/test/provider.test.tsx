// @vitest-environment jsdom
/** One provider, one connection: whatever React does with the component. */
import { io as connect, Manager } from "@sockeye/client";
import {
  createSocketContext,
  type SocketContext,
  useAck,
  useConnection,
  useEmit,
  usePresence,
  useRoom,
  useSocket,
  useSocketEvent,
  useSocketState,
  useSuspenseConnection,
  useWebSocketConnect,
  useWebSocketEventHandler,
  WebSocketProvider,
} from "@sockeye/react";
import { act, render, renderHook, screen, waitFor } from "@testing-library/react";
import { type ReactNode, StrictMode, useEffect } from "react";
import { expect, test, vi } from "vitest";
import { FAST, fast, gone, hush, serve, Use } from "./support.tsx";

const Status = (): ReactNode => <p>{useConnection().status}</p>;
const connected = (): Promise<unknown> => screen.findByText("connected");

test("under StrictMode the server sees one connection, which ends with the provider", async () => {
  const { url, next, connections, io } = await serve();
  const arrived = next();
  const { unmount } = render(
    <StrictMode>
      <WebSocketProvider url={url} options={fast()}>
        <Status />
      </WebSocketProvider>
    </StrictMode>,
  );
  const socket = await arrived;
  await connected();
  const left = gone(socket);
  unmount();
  expect(await left).toBe("client namespace disconnect");
  expect(connections()).toBe(1);
  await waitFor(() => expect(io.engine.clientsCount).toBe(0));
});

test("a new options object at each render is no new connection", async () => {
  const { url, connections } = await serve();
  const page = (): ReactNode => (
    <WebSocketProvider url={url} options={fast()} auth={{}} query={{}}>
      <Status />
    </WebSocketProvider>
  );
  const { rerender } = render(page());
  await connected();
  for (let i = 0; i < 5; i++) rerender(page());
  await screen.findByText("connected");
  expect(connections()).toBe(1);
});

test("an event sent as soon as the connection is there reaches every component", async () => {
  const { url, io } = await serve();
  io.on("connection", (socket) => void socket.emit("welcome", "ada"));
  const heard = vi.fn();
  const listenerBody = (): ReactNode => {
    useSocketEvent("welcome", heard);
    return <Status />;
  };
  render(
    <WebSocketProvider url={url} options={fast()}>
      <Use hook={listenerBody} />
      <Use hook={listenerBody} />
    </WebSocketProvider>,
  );
  await waitFor(() => expect(heard).toHaveBeenCalledTimes(2));
});

test("credentials and query change on the live socket, and are told at the next connection", async () => {
  const { url, next, connections } = await serve();
  const page = (name?: string): ReactNode => (
    <WebSocketProvider url={url} options={fast()} {...(name && { auth: { name }, query: { name } })}>
      <Status />
    </WebSocketProvider>
  );
  const first = next();
  const { rerender } = render(page("ada"));
  expect((await first).handshake).toMatchObject({ auth: { name: "ada" }, query: { name: "ada" } });
  await connected();
  rerender(page("ben"));
  expect(connections()).toBe(1);
  const second = next();
  (await first).conn.close();
  expect((await second).handshake).toMatchObject({ auth: { name: "ben" }, query: { name: "ben" } });
  rerender(page());
  const third = next();
  (await second).conn.close();
  expect((await third).handshake.auth).toEqual({});
  expect((await third).handshake.query).not.toHaveProperty("name");
});

test("another url is another connection, and the old one ends", async () => {
  const [one, two] = [await serve(), await serve()];
  const heard = vi.fn();
  const listenerBody = (): ReactNode => {
    useSocketEvent("hello", heard);
    return <Status />;
  };
  const page = (url: string): ReactNode => (
    <WebSocketProvider url={url} options={fast()}>
      <Use hook={listenerBody} />
    </WebSocketProvider>
  );
  const [first, second] = [one.next(), two.next()];
  const { rerender } = render(page(one.url));
  const left = gone(await first);
  await connected();
  rerender(page(two.url));
  (await second).emit("hello", 2);
  expect(await left).toBe("client namespace disconnect");
  await waitFor(() => expect(heard).toHaveBeenCalledWith(2));
  await waitFor(() => expect(one.io.engine.clientsCount).toBe(0));
});

test("the namespace is part of the url or a prop of its own; a change swaps it", async () => {
  const { url, io, next } = await serve();
  const page = (props: object): ReactNode => <WebSocketProvider options={fast()} {...props} />;
  const [one, two] = [next("/one"), next("/two")];
  const { rerender } = render(page({ url: `${url}/one` }));
  const left = gone(await one);
  rerender(page({ url, namespace: "/two" }));
  expect((await two).nsp.name).toBe("/two");
  await left;
  expect(io.of("/one").sockets.size).toBe(0);
});

test("enabled={false} holds the connection back, and ends it", async () => {
  const { url, next, connections } = await serve();
  const page = (enabled: boolean): ReactNode => (
    <WebSocketProvider url={url} options={fast()} enabled={enabled}>
      <Status />
    </WebSocketProvider>
  );
  const { rerender } = render(page(false));
  await screen.findByText("disconnected");
  expect(connections()).toBe(0);
  const arrived = next();
  rerender(page(true));
  const left = gone(await arrived);
  await connected();
  rerender(page(false));
  expect(await left).toBe("client namespace disconnect");
  await screen.findByText("disconnected");
});

test("providers within each other share the connection, under StrictMode too", async () => {
  const { url, next, connections, io } = await serve();
  const Admin = createSocketContext("AdminProvider");
  const page = (admin: boolean): ReactNode => (
    <StrictMode>
      <WebSocketProvider url={url} options={fast()}>
        {admin && (
          <Admin.WebSocketProvider namespace="/admin">
            <Status />
          </Admin.WebSocketProvider>
        )}
      </WebSocketProvider>
    </StrictMode>
  );
  const [main, admin] = [next(), next("/admin")];
  const { rerender } = render(page(true));
  expect((await main).conn).toBe((await admin).conn);
  const left = gone(await admin);
  rerender(page(false));
  await left;
  expect((await main).connected).toBe(true);
  const again = next("/admin");
  rerender(page(true));
  expect((await again).conn).toBe((await main).conn);
  expect(connections()).toBe(1);
  expect(io.engine.clientsCount).toBe(1);
});

test("forceNew makes a nested provider have a connection of its own", async () => {
  const { url, next } = await serve();
  const [main, own] = [next(), next("/own")];
  render(
    <WebSocketProvider url={url} options={fast()}>
      <WebSocketProvider url={`${url}/own`} options={{ ...fast(), forceNew: true }} />
    </WebSocketProvider>,
  );
  expect((await main).conn).not.toBe((await own).conn);
});

test("a socket that is given stays its owner's", async () => {
  const { url } = await serve();
  const socket = connect(url, { ...fast(), forceNew: true, auth: { name: "ada" } });
  const { unmount } = render(
    <WebSocketProvider socket={socket}>
      <Status />
    </WebSocketProvider>,
  );
  await connected();
  unmount();
  await act(() => new Promise((resolve) => setImmediate(resolve)));
  expect([socket.connected, socket.auth]).toEqual([true, { name: "ada" }]);
  socket.disconnect();
});

test("a socket that is given with `enabled` is the provider's", async () => {
  const { url, next } = await serve();
  const socket = new Manager(url, { ...fast(), autoConnect: false }).socket("/");
  const arrived = next();
  const { unmount } = render(<WebSocketProvider socket={socket} enabled />);
  const left = gone(await arrived);
  await socket.whenConnected();
  unmount();
  expect(await left).toBe("client namespace disconnect");
});

test("a provider that takes another one's place in one turn takes over the connection", async () => {
  const { url, next, connections } = await serve();
  const socket = new Manager(url, { ...fast(), autoConnect: false }).socket("/");
  const page = (key: string): ReactNode => <WebSocketProvider key={key} socket={socket} enabled />;
  const arrived = next();
  const { rerender } = render(page("one"));
  const peer = await arrived;
  await socket.whenConnected();
  rerender(page("two"));
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  expect([socket.connected, peer.connected, connections()]).toEqual([true, true, 1]);
});

test("useWebSocketConnect is the provider as a hook", async () => {
  const { url, next } = await serve();
  const first = next();
  const { result, unmount } = renderHook(() => useWebSocketConnect({ url, options: fast() }), {
    wrapper: StrictMode,
  });
  await waitFor(() => expect(result.current.status).toBe("connected"));
  const { connect, disconnect, socket } = result.current;
  const left = gone(await first);
  act(disconnect);
  expect(await left).toBe("client namespace disconnect");
  expect(result.current.status).toBe("disconnected");
  const second = next();
  act(connect);
  const leftAgain = gone(await second);
  await waitFor(() => expect(result.current.status).toBe("connected"));
  expect(result.current.socket).toBe(socket);
  unmount();
  await leftAgain;
});

test("what was connected by hand ends with the component, too", async () => {
  const { url, next } = await serve();
  const { result, unmount } = renderHook(() => useWebSocketConnect({ url, options: fast(), enabled: false }));
  const arrived = next();
  act(result.current.connect);
  const left = gone(await arrived);
  unmount();
  await left;
});

test("an emit in an effect of the first render arrives", async () => {
  const { url, io } = await serve();
  const arrived = new Promise((resolve) => {
    io.on("connection", (socket) => socket.on("hello", resolve));
  });
  const helloBody = (): ReactNode => {
    const emit = useEmit();
    useEffect(() => emit("hello", "ada"), [emit]);
    return null;
  };
  render(
    <WebSocketProvider url={url} options={FAST as never}>
      <Use hook={helloBody} />
    </WebSocketProvider>,
  );
  expect(await arrived).toBe("ada");
});

const hooks: [string, () => unknown][] = [
  ["useSocket", useSocket],
  ["useConnection", useConnection],
  ["useSuspenseConnection", useSuspenseConnection],
  ["useSocketEvent", () => useSocketEvent("a", () => {})],
  ["useSocketState", () => useSocketState("a", () => 1, 0)],
  ["useEmit", useEmit],
  ["useAck", () => useAck("a")],
  ["useWebSocketEventHandler", useWebSocketEventHandler],
  ["useRoom", () => useRoom("a")],
  ["usePresence", () => usePresence("a")],
];

test.each(hooks)("%s outside a provider names what is missing", (_, hook) => {
  hush();
  expect(() => renderHook(hook)).toThrow("No <WebSocketProvider> above this component");
});

test("a set's own name is in the error", () => {
  hush();
  const Chat: SocketContext = createSocketContext("ChatProvider");
  const inOther = ({ children }: { children: ReactNode }): ReactNode => (
    <WebSocketProvider url="http://127.0.0.1:1" enabled={false}>
      {children}
    </WebSocketProvider>
  );
  expect(() => renderHook(Chat.useSocket, { wrapper: inOther })).toThrow(/<ChatProvider>/);
});
