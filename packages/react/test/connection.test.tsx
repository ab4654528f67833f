// @vitest-environment jsdom
/** Questions to the server, the state of the connection, and the wait for it. */
import { useAck, useConnection, useSocket, useSuspenseConnection, WebSocketProvider } from "@sockeye/react";
import { act, render, renderHook, screen, waitFor } from "@testing-library/react";
import { Component, type ReactNode, StrictMode, Suspense } from "react";
import { expect, test, vi } from "vitest";
import { fast, hush, type Place, serve, Use } from "./support.tsx";

function underProvider({ url }: Place) {
  return ({ children }: { children: ReactNode }): ReactNode => (
    <WebSocketProvider url={url} options={fast()}>
      {children}
    </WebSocketProvider>
  );
}

test("an acknowledgement becomes data", async () => {
  const place = await serve();
  place.io.on("connection", (socket) => {
    socket.on("add", (a, b, reply) => setImmediate(reply, a + b));
  });
  const { result } = renderHook(() => useAck("add"), { wrapper: underProvider(place) });
  expect(result.current).toMatchObject({ status: "idle" });
  let answer: Promise<unknown> | undefined;
  act(() => {
    answer = result.current.emit(1, 2);
  });
  expect(result.current).toMatchObject({ status: "pending", data: undefined });
  await waitFor(() => expect(result.current).toMatchObject({ status: "success", data: 3 }));
  expect(await answer).toBe(3);
  act(() => result.current.reset());
  expect([result.current.status, result.current.data]).toEqual(["idle", undefined]);
});

test("of several questions the latest counts, and each promise has its own answer", async () => {
  const place = await serve();
  const replies: ((value: string) => void)[] = [];
  place.io.on("connection", (socket) => {
    socket.on("ask", (reply) => replies.push(reply));
  });
  const { result } = renderHook(() => useAck("ask"), { wrapper: underProvider(place) });
  const answers: Promise<unknown>[] = [];
  act(() => void answers.push(result.current.emit(), result.current.emit()));
  await waitFor(() => expect(replies).toHaveLength(2));
  replies[1]?.("second");
  await waitFor(() => expect(result.current.data).toBe("second"));
  replies[0]?.("first");
  expect(await Promise.all(answers)).toEqual(["first", "second"]);
  expect(result.current.data).toBe("second");
});

test("without an answer in time, there is an error", async () => {
  const place = await serve();
  const { result } = renderHook(() => useAck("nobody", { timeout: 20 }), { wrapper: underProvider(place) });
  act(() => void result.current.emit());
  await waitFor(() => expect(result.current.status).toBe("error"));
  expect(result.current.error).toMatchObject({ code: "ERR_TIMEOUT" });
});

test("unmounting ends the wait, and what has not left is not sent", async () => {
  const place = await serve();
  const { result, unmount } = renderHook(() => ({ socket: useSocket(), ask: useAck("ask") }), {
    wrapper: underProvider(place),
  });
  const { socket } = result.current;
  const heard = vi.fn();
  place.io.on("connection", (peer) => void peer.onAny(heard));
  let answer: Promise<unknown> | undefined;
  act(() => {
    answer = result.current.ask.emit();
  });
  unmount();
  await expect(answer).rejects.toMatchObject({ name: "AbortError" });
  expect(socket.sendBuffer).toEqual([]);
});

test("reset forgets a question that is under way", async () => {
  const place = await serve();
  const { result } = renderHook(() => useAck("nobody"), { wrapper: underProvider(place) });
  let answer: Promise<unknown> | undefined;
  act(() => {
    answer = result.current.emit();
  });
  act(() => result.current.reset());
  await expect(answer).rejects.toMatchObject({ name: "AbortError" });
  expect(result.current.status).toBe("idle");
});

test("the state of the connection follows it, with the reason of a refusal", async () => {
  const place = await serve();
  const statuses = new Set<string>();
  const watched = () => {
    const state = useConnection();
    statuses.add(state.status);
    return state;
  };
  const first = place.next();
  const { result } = renderHook(watched, { wrapper: underProvider(place) });
  await waitFor(() => expect(result.current).toMatchObject({ status: "connected", transport: "websocket" }));
  place.io.use((_, next) => next(new Error("too late")));
  (await first).conn.close();
  await waitFor(() => expect(result.current.error?.message).toBe("too late"));
  expect(result.current.status).toBe("disconnected");
  expect([...statuses]).toEqual(["disconnected", "connecting", "connected", "reconnecting"]);
});

class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};
  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }
  override render(): ReactNode {
    const { error } = this.state;
    return error ? <p>refused: {error.message}</p> : this.props.children;
  }
}

const WhenConnected = (): ReactNode => <p>{useSuspenseConnection().status}</p>;

const suspended = (url: string): ReactNode => (
  <StrictMode>
    <WebSocketProvider url={url} options={fast()}>
      <Boundary>
        <Suspense fallback={<p>waiting</p>}>
          <WhenConnected />
        </Suspense>
      </Boundary>
    </WebSocketProvider>
  </StrictMode>
);

test("with Suspense, the fallback stays until there is a connection, and does not come back", async () => {
  const place = await serve();
  const first = place.next();
  await act(async () => void render(suspended(place.url)));
  expect(screen.getByText("waiting")).toBeTruthy();
  await screen.findByText("connected");
  (await first).conn.close();
  await screen.findByText("reconnecting");
  await screen.findByText("connected");
  expect(place.connections()).toBe(2);
});

test("with Suspense, a refusal goes to the error boundary", async () => {
  hush();
  const place = await serve();
  place.io.use((_, next) => next(new Error("members only")));
  await act(async () => void render(suspended(place.url)));
  await screen.findByText("refused: members only");
});

test("what suspends outside of the provider would never connect, so nothing connects behind its back", async () => {
  const place = await serve();
  const page = (
    <Suspense fallback={<p>outside</p>}>
      <WebSocketProvider url={place.url} options={fast()}>
        <Use hook={useSuspenseConnection} />
      </WebSocketProvider>
    </Suspense>
  );
  const { unmount } = await act(async () => render(page));
  await screen.findByText("outside");
  unmount();
  expect(place.connections()).toBe(0);
});
