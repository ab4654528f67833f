// @vitest-environment jsdom
/** Events reach components: all of them, and by their latest handlers. */
import {
  createSocketContext,
  useEmit,
  useSocket,
  useSocketEvent,
  useSocketState,
  useWebSocketEventHandler,
  WebSocketProvider,
} from "@sockeye/react";
import { act, render, renderHook, screen, waitFor } from "@testing-library/react";
import { Profiler, type ReactNode, StrictMode, Suspense, startTransition, useEffect, useState } from "react";
import { expect, test, vi } from "vitest";
import { fast, type Place, serve, Use } from "./support.tsx";

const Wrapper = ({ url, children }: { url: string; children: ReactNode }): ReactNode => (
  <WebSocketProvider url={url} options={fast()}>
    {children}
  </WebSocketProvider>
);

/** Renders a hook under a provider, once the connection is there. */
async function live<T>(place: Place, hook: () => T) {
  const arrived = place.next();
  const view = renderHook(() => ({ socket: useSocket(), value: hook() }), {
    wrapper: ({ children }) => <Wrapper url={place.url}>{children}</Wrapper>,
  });
  const peer = await arrived;
  await act(() => view.result.current.socket.whenConnected());
  return { ...view, peer, socket: view.result.current.socket };
}

test("the handler of the latest render is called, without subscribing anew", async () => {
  const place = await serve();
  const heard: number[] = [];
  const { rerender, peer, socket } = await live(place, () => {
    const [render, setRender] = useState(0);
    useEffect(() => setRender(3), []);
    useSocketEvent("tick", () => heard.push(render));
  });
  const on = vi.spyOn(socket, "on");
  for (let i = 0; i < 3; i++) rerender();
  peer.emit("tick");
  await waitFor(() => expect(heard).toEqual([3]));
  expect(on).not.toHaveBeenCalled();
});

test("another name is another subscription, and the last one ends with the component", async () => {
  const place = await serve();
  const heard = vi.fn();
  const { io } = place;
  let socket: ReturnType<typeof useSocket> | undefined;
  const grabBody = (): ReactNode => {
    socket = useSocket();
    return null;
  };
  const page = (name?: string): ReactNode => (
    <Wrapper url={place.url}>
      <Use hook={grabBody} />
      {name && <Use hook={() => useSocketEvent(name, (...args) => heard(name, ...args))} />}
    </Wrapper>
  );
  const arrived = place.next();
  const { rerender } = render(page("a"));
  await arrived;
  await act(() => socket?.whenConnected());
  rerender(page("b"));
  io.emit("a", 1);
  io.emit("b", 2);
  await waitFor(() => expect(heard.mock.calls).toEqual([["b", 2]]));
  rerender(page());
  expect([socket?.hasListeners("a"), socket?.hasListeners("b")]).toEqual([false, false]);
});

test("10,000 events in one tick all arrive, in few renders", async () => {
  const place = await serve();
  let renders = 0;
  const heard: number[] = [];
  const { peer, result } = await live(place, () => {
    renders++;
    useSocketEvent("tick", (n) => heard.push(n));
    return useSocketState("tick", (sum: number, n: number) => sum + n, 0);
  });
  for (let n = 1; n <= 10_000; n++) peer.emit("tick", n);
  await waitFor(() => expect(result.current.value).toBe(50_005_000));
  expect(heard).toHaveLength(10_000);
  expect(heard.every((n, at) => n === at + 1)).toBe(true);
  expect(renders).toBeLessThan(1000);
});

test("useSocketState accumulates by the reducer of the latest render", async () => {
  const place = await serve();
  const { peer, result, rerender } = await live(place, () => {
    const [factor, setFactor] = useState(1);
    const sum = useSocketState(
      "tick",
      (before: number, n: number) => before + n * factor,
      () => 100,
    );
    return { sum, setFactor };
  });
  expect(result.current.value.sum).toBe(100);
  act(() => result.current.value.setFactor(10));
  rerender();
  peer.emit("tick", 1);
  peer.emit("tick", 2);
  await waitFor(() => expect(result.current.value.sum).toBe(130));
});

/** Takes so long that React lets the browser have its turn between two of them. */
const Slow = (): ReactNode => {
  const end = performance.now() + 8;
  while (performance.now() < end);
  return null;
};

test("an event between the render and the effect of a late component is not lost", async () => {
  const place = await serve();
  const timeline: string[] = [];
  let show = (): void => {};
  let shown = (): void => {};
  const committed = new Promise<void>((resolve) => {
    shown = resolve;
  });
  const lateBody = (): ReactNode => {
    useSocketEvent("tick", (n) => timeline.push(`handler ${n}`));
    // The server speaks while this tree is being rendered.
    place.io.emit("tick", timeline.push("render"));
    useEffect(() => {
      timeline.push("effect");
      shown();
    }, []);
    return Array.from({ length: 40 }, (_, at) => <Slow key={String(at)} />);
  };
  const pageBody = (): ReactNode => {
    const [late, setLate] = useState(false);
    show = () => setLate(true);
    const socket = useSocket();
    useEffect(() => void socket.onAny(() => timeline.push("arrived")), [socket]);
    return late ? <Use hook={lateBody} /> : null;
  };
  const arrived = place.next();
  let socket: ReturnType<typeof useSocket> | undefined;
  const grabBody = (): ReactNode => {
    socket = useSocket();
    return null;
  };
  render(
    <Wrapper url={place.url}>
      <Use hook={pageBody} />
      <Use hook={grabBody} />
    </Wrapper>,
  );
  await arrived;
  await act(() => socket?.whenConnected());
  startTransition(show);
  await committed;
  expect(timeline).toEqual(["render", "arrived", "handler 1", "effect"]);
});

test("a render that is thrown away leaves no listener for long", async () => {
  const place = await serve();
  const timers = vi.spyOn(globalThis, "setTimeout");
  let show = (): void => {};
  const never = new Promise<void>(() => {});
  const doomedBody = (): ReactNode => {
    useSocketEvent("tick", () => {});
    throw never;
  };
  const { result, socket } = await live(place, () => useState(false));
  const [, setLate] = result.current.value;
  show = () => setLate(true);
  const pageBody = (): ReactNode => (
    <Suspense fallback="waiting">
      <Use hook={doomedBody} />
    </Suspense>
  );
  act(show);
  const { unmount } = render(
    <WebSocketProvider socket={socket}>
      <Use hook={pageBody} />
    </WebSocketProvider>,
  );
  await screen.findByText("waiting");
  unmount();
  expect(socket.hasListeners("tick")).toBe(true);
  for (const [task, ms] of timers.mock.calls) if (ms === 60_000) task();
  expect(socket.hasListeners("tick")).toBe(false);
  timers.mockRestore();
});

test("under StrictMode an event is handled once, also where the component comes late", async () => {
  const place = await serve();
  const heard = vi.fn();
  const listenerBody = (): ReactNode => {
    useSocketEvent("tick", heard);
    return null;
  };
  const { socket, peer } = await live(place, () => undefined);
  render(
    <StrictMode>
      <WebSocketProvider socket={socket}>
        <Use hook={listenerBody} />
      </WebSocketProvider>
    </StrictMode>,
  );
  peer.emit("tick", 1);
  await waitFor(() => expect(heard).toHaveBeenCalled());
  expect(heard.mock.calls).toEqual([[1]]);
});

test("a handler can acknowledge, and connection events are events, too", async () => {
  const place = await serve();
  const reasons = vi.fn();
  const { peer } = await live(place, () => {
    useSocketEvent("sure?", (reply) => reply("yes"));
    useSocketEvent("disconnect", reasons);
  });
  expect(await peer.emitWithAck("sure?")).toBe("yes");
  peer.disconnect();
  await waitFor(() => expect(reasons).toHaveBeenCalledWith("io server disconnect", undefined));
});

test("useWebSocketEventHandler removes what the component forgot, and nothing else", async () => {
  const place = await serve();
  const shared = vi.fn();
  const once = vi.fn();
  const undone = vi.fn();
  const forgetfulBody = (): ReactNode => {
    const { on, once: first, off } = useWebSocketEventHandler();
    useEffect(() => {
      on("tick", shared);
      first("tick", once);
      on("tick", undone)();
      on("tick", undone);
      off("tick", undone);
    }, [on, first, off]);
    return null;
  };
  const { socket, peer } = await live(place, () => undefined);
  const page = (count: number): ReactNode => (
    <StrictMode>
      <WebSocketProvider socket={socket}>
        {Array.from({ length: count }, (_, at) => (
          <Use key={String(at)} hook={forgetfulBody} />
        ))}
      </WebSocketProvider>
    </StrictMode>
  );
  const { rerender } = render(page(2));
  rerender(page(1));
  peer.emit("tick", 1);
  peer.emit("tick", 2);
  await waitFor(() => expect(shared.mock.calls).toEqual([[1], [2]]));
  expect(once.mock.calls).toEqual([[1]]);
  expect(undone).not.toHaveBeenCalled();
  rerender(page(0));
  expect(socket.hasListeners("tick")).toBe(false);
});

test("useEmit gives the same function at every render", async () => {
  const place = await serve();
  const { result, rerender, peer } = await live(place, useEmit);
  const emit = result.current.value;
  rerender();
  expect(result.current.value).toBe(emit);
  const heard = new Promise((resolve) => peer.once("hello", (...args: unknown[]) => resolve(args)));
  emit("hello", 1, new Uint8Array([2]));
  expect(await heard).toEqual([1, Buffer.from([2])]);
});

test("sets within each other keep apart", async () => {
  const place = await serve();
  const Admin = createSocketContext();
  const heard: string[] = [];
  const bothBody = (): ReactNode => {
    useSocketEvent("tick", () => heard.push("main"));
    Admin.useSocketEvent("tick", () => heard.push("admin"));
    return null;
  };
  const [main, admin] = [place.next(), place.next("/admin")];
  let commits = 0;
  render(
    <Wrapper url={place.url}>
      <Admin.WebSocketProvider url="/admin">
        <Profiler id="both" onRender={() => commits++}>
          <Use hook={bothBody} />
        </Profiler>
      </Admin.WebSocketProvider>
    </Wrapper>,
  );
  (await main).emit("tick");
  await waitFor(() => expect(heard).toEqual(["main"]));
  (await admin).emit("tick");
  await waitFor(() => expect(heard).toEqual(["main", "admin"]));
  // The state of the connection is nobody's business who has not asked for it.
  expect(commits).toBe(1);
});
