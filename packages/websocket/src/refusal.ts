/** Saying no to an upgrade request, and keeping a socket that nobody listens to from ending the process. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Why a request does not become a WebSocket. */
export class Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.text = text;
    this.headers = headers;
  }
}

function ignore(): void {}

/**
 * Gives a socket an error listener, for the time in which nobody else has one. To be called in the upgrade event
 * before anything asynchronous: a peer may reset its connection at any moment.
 */
export function guard(socket: Duplex): void {
  if (!socket.listeners("error").includes(ignore)) socket.on("error", ignore);
}

/** Answers an upgrade request with a refusal, and closes. */
export function refuse(socket: Duplex, refusal: Refusal): void {
  guard(socket);
  const body = Buffer.from(refusal.text);
  const connection = refusal.headers.Upgrade === undefined ? "close" : "close, Upgrade";
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`,
    `Connection: ${connection}`,
  ];
  lines.push("Content-Type: text/plain; charset=utf-8", `Content-Length: ${body.length}`);
  for (const [name, value] of Object.entries(refusal.headers)) lines.push(`${name}: ${value}`);
  socket.once("finish", socket.destroy);
  socket.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]));
}
