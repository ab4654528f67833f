// @vitest-environment jsdom
/** The hooks against the official server. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  useAck,
  useConnection,
  useEmit,
  useRoom,
  useSocketEvent,
  useSocketState,
  WebSocketProvider,
} from "@sockeye/react";
import { render, screen, waitFor } from "@testing-library/react";
import { type ReactNode, StrictMode, useEffect } from "react";
import { Server } from "socket.io";
import { expect, onTestFinished, test } from "vitest";
import { fast, Use } from "./support.tsx";

async function official(recovery: boolean) {
  const http = createServer();
  const io = new Server(http, { serveClient: false, ...(recovery && { connectionStateRecovery: {} }) });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => io.close());
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

test.each([false, true])(
  "events, answers and state cross to socket.io and back (recovery: %s)",
  async (recovery) => {
    const { io, url } = await official(recovery);
    io.on("connection", (socket) => {
      socket.emit("welcome", socket.handshake.auth.name);
      socket.on("add", (a, b, reply) => reply(a + b));
      socket.on("more", () => {
        for (let n = 1; n <= 100; n++) socket.emit("tick", n);
      });
    });
    const heard: string[] = [];
    const body = (): ReactNode => {
      const { status, recovered } = useConnection();
      const emit = useEmit();
      const add = useAck("add");
      const sum = useSocketState("tick", (before: number, n: number) => before + n, 0);
      useSocketEvent("welcome", (name) => heard.push(name));
      useEffect(() => {
        emit("more");
        add.emit(1, 2);
      }, [emit, add.emit]);
      return `${status} ${String(recovered)} ${String(sum)} ${String(add.data)}`;
    };
    render(
      <StrictMode>
        <WebSocketProvider url={url} options={fast()} auth={{ name: "ada" }}>
          <Use hook={body} />
        </WebSocketProvider>
      </StrictMode>,
    );
    // StrictMode runs the effect twice.
    await screen.findByText("connected false 10100 3");
    expect(heard).toEqual(["ada"]);
    const [peer] = io.sockets.sockets.values();
    peer?.conn.close();
    await waitFor(() => expect(io.sockets.sockets.values().next().value).not.toBe(peer));
    await screen.findByText(`connected ${String(recovery)} 10100 3`);
  },
);

test("a server without rooms() refuses by its silence", async () => {
  const { url } = await official(false);
  const body = (): ReactNode => {
    const { status, error } = useRoom("lobby");
    return `${status} ${String(error?.code)}`;
  };
  render(
    <WebSocketProvider url={url} options={fast()}>
      <Use hook={body} />
    </WebSocketProvider>,
  );
  await screen.findByText("joining undefined");
});
