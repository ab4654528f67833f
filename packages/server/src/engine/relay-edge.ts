/** Requests of other servers' sessions: passed on to them as they are, like a reverse proxy does. */
import {
  type ClientRequest,
  type IncomingMessage,
  request as openRequest,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import type { Passenger } from "../drain.ts";
import type { RelayedClient, RelayedStream, SessionRelay } from "./relay.ts";
import type { EngineRequest } from "./request.ts";

/** How an upgrade is answered by who has the client's connection. */
interface UpgradeAnswer {
  readonly isOpen: boolean;
  /** Leaves the connection to the caller, with the headers that middlewares have added to the 101. */
  switchProtocols(): NodeJS.Dict<unknown>;
  refuse(status: number, body: string, headers: Record<string, string>): void;
}

/** Headers that concern one connection (RFC 9110, 7.6.1), and what the next one says anew. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Longest body of a refused upgrade that is passed on, in characters. */
const MAX_REFUSAL = 4_096;

/**
 * The middlewares have run here, where the client's connection is; the server that has the session checks
 * everything else, with the code that serves its own clients.
 */
export class RelayEdge {
  readonly #relay: SessionRelay;
  /** And whether the server at the other end has been told that the client should go elsewhere. */
  readonly #streams = new Map<RelayedStream, boolean>();
  #draining = false;

  constructor(relay: SessionRelay) {
    this.#relay = relay;
  }

  /** Serves a request of long-polling; calls `unknown` when no server has the session, or has it any longer. */
  async serve(
    request: EngineRequest,
    response: ServerResponse,
    unmarked: boolean,
    unknown: () => void,
  ): Promise<void> {
    const stream = await this.#connect(request, unmarked);
    if (!stream || response.destroyed) {
      stream?.destroy();
      if (!response.destroyed) unknown();
      return;
    }
    if (this.#draining) this.#lead(stream);
    const outgoing = forward(request, stream, {});
    if (!outgoing) return unknown();
    outgoing.on("response", (answer) => {
      // A connection that is kept would lead the client back here.
      if (this.#draining && request.httpVersionMajor === 1) response.setHeader("Connection", "close");
      passOn(answer, response);
    });
    outgoing.on("error", () => {
      if (response.headersSent) response.destroy();
      else unknown();
    });
    // Answered, or gone: nothing that still comes goes any further.
    response.on("close", () => {
      request.unpipe(outgoing);
      request.resume();
      stream.destroy();
    });
    // Only a body that the parser has measured goes on: nothing can pass for a second request.
    if (request.method === "POST") request.pipe(outgoing);
    else outgoing.end();
  }

  /** Serves a handshake: the WebSocket is between the client and the server that has the session. */
  async upgrade(
    request: EngineRequest,
    socket: Duplex,
    head: Buffer,
    answer: UpgradeAnswer,
    unmarked: boolean,
    unknown: () => void,
  ): Promise<void> {
    const stream = await this.#connect(request, unmarked);
    if (!stream || !answer.isOpen) {
      stream?.destroy();
      if (answer.isOpen) unknown();
      return;
    }
    const outgoing = forward(request, stream, { connection: "Upgrade", upgrade: "websocket" });
    if (!outgoing) return unknown();
    socket.on("close", () => stream.destroy());
    outgoing.on("error", unknown);
    outgoing.on("response", (refusal) => passRefusalOn(refusal, answer));
    outgoing.on("upgrade", (accepted, _, first) => {
      if (!answer.isOpen) return void stream.destroy();
      socket.write(switching(accepted, answer.switchProtocols()));
      splice(socket, head, stream, first);
    });
    outgoing.end();
  }

  /** From now on clients are led elsewhere: polls that come are answered at once. Returns who is here already. */
  drain(): Passenger[] {
    this.#draining = true;
    return Array.from(this.#streams.keys())
      .filter((stream) => !this.#streams.get(stream))
      .map((stream) => ({
        leave: () => this.#lead(stream),
        onceGone: (listener) => void stream.once("close", listener),
      }));
  }

  /** Has the client go elsewhere. */
  #lead(stream: RelayedStream): void {
    if (!this.#streams.has(stream)) return;
    this.#streams.set(stream, true);
    stream.depart();
  }

  /** Ends all that is being relayed. */
  close(): void {
    for (const stream of this.#streams.keys()) stream.destroy();
  }

  async #connect(request: EngineRequest, unmarked: boolean): Promise<RelayedStream | undefined> {
    const stream = await this.#relay.connect(request._query.sid ?? "", clientOf(request), unmarked);
    if (!stream) return undefined;
    this.#streams.set(stream, false);
    stream.on("close", () => this.#streams.delete(stream));
    return stream;
  }
}

function clientOf({ socket }: IncomingMessage): RelayedClient {
  const { remoteAddress = "", remotePort = 0 } = socket;
  return { remoteAddress, remotePort, encrypted: "encrypted" in socket && socket.encrypted === true };
}

/** Undefined for a request that cannot be made again: one with characters that HTTP does not allow. */
function forward(
  request: EngineRequest,
  stream: Duplex,
  own: Record<string, string>,
): ClientRequest | undefined {
  const { method = "GET", url = "/" } = request;
  const headers = { ...endToEnd(request), ...own };
  try {
    return openRequest({ createConnection: () => stream, method, path: url, headers });
  } catch {
    stream.destroy();
    return undefined;
  }
}

function endToEnd({ headers: given, method }: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given)) {
    // HTTP/2: what begins with a colon is no header.
    if (value === undefined || HOP_BY_HOP.has(name) || name.startsWith(":")) continue;
    if (name !== "content-length" || method === "POST") headers[name] = value;
  }
  headers.host ??= String(given[":authority"] ?? "localhost");
  return headers;
}

function passOn(answer: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && name !== "date") response.setHeader(name, value);
  }
  response.writeHead(answer.statusCode as number);
  answer.on("error", () => response.destroy());
  answer.pipe(response);
}

function passRefusalOn(refusal: IncomingMessage, answer: UpgradeAnswer): void {
  let body = "";
  refusal.setEncoding("utf8");
  refusal.on("data", (text: string) => {
    if (body.length < MAX_REFUSAL) body += text;
  });
  refusal.on("error", () => answer.refuse(502, "", {}));
  refusal.on("end", () => {
    const type = refusal.headers["content-type"] ?? "text/plain";
    answer.refuse(refusal.statusCode as number, body, { "Content-Type": type });
  });
}

/** The 101 of the server that has the session, with the headers of the middlewares that ran here. */
function switching(accepted: IncomingMessage, added: NodeJS.Dict<unknown>): string {
  let text = "HTTP/1.1 101 Switching Protocols\r\n";
  for (let at = 0; at + 1 < accepted.rawHeaders.length; at += 2) {
    text += `${accepted.rawHeaders[at]}: ${accepted.rawHeaders[at + 1]}\r\n`;
  }
  for (const [name, value] of Object.entries(added)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) text += `${name}: ${one}\r\n`;
  }
  return `${text}\r\n`;
}

/** Makes one connection of two. */
function splice(socket: Duplex, head: Buffer, stream: Duplex, first: Buffer): void {
  if (first.length > 0) socket.write(first);
  if (head.length > 0) stream.write(head);
  stream.on("error", () => socket.destroy());
  stream.on("close", () => {
    if (stream.readableEnded) socket.end(() => socket.destroy());
    else socket.destroy();
  });
  socket.pipe(stream).pipe(socket);
}
