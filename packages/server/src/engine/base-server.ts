/** What every engine server does, whatever runtime brings it requests: sessions, and who may open one. */

import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, Middleware as CoreMiddleware } from "@sockeye/core";
import type { Passenger } from "../drain.ts";
import { WebTransport, type WebTransportSessionLike } from "../transports/webtransport.ts";
import { checkCookie, sessionCookie } from "./cookie.ts";
import { corsMiddleware, OriginError } from "./cors.ts";
import { HandshakeResponse } from "./handshake-response.ts";
import { Heartbeat } from "./heartbeat.ts";
import { type Exchange, guard, type Middleware, toExchange } from "./middleware.ts";
import { type AttachOptions, type ResolvedOptions, resolveOptions, type ServerOptions } from "./options.ts";
import { Refusal, type RefusalContext, refusals } from "./refusal.ts";
import { type EngineRequest, isOurs, share } from "./request.ts";
import { RequestRecord } from "./request-record.ts";
import { generateSessionId } from "./session-id.ts";
import { Socket, type SocketHome } from "./socket.ts";
import type { Packet, Transport } from "./transport.ts";
import { verifyRequest } from "./verify.ts";
import {
  answerSink,
  readOpening,
  type WebTransportDetails,
  webTransportRequest,
} from "./webtransport-session.ts";

export type ErrorCallback = (
  errorCode?: (typeof BaseServer.errors)[keyof typeof BaseServer.errors],
  errorContext?: RefusalContext,
) => void;

/** Told why a client is refused, or else the id of its new session. */
type Admitted = (refusal: Refusal | undefined, id: string) => void;

const CLOSED = new Refusal("badRequest", { name: "SERVER_CLOSED" });

/**
 * Events: `connection` (socket), `connection_error` ({ req, code, message, context }), `initial_headers` and
 * `headers` (headers, request), `flush` (socket, packets), `drain` (socket).
 */
export abstract class BaseServer extends EventEmitter implements SocketHome {
  static readonly errors = {
    UNKNOWN_TRANSPORT: 0,
    UNKNOWN_SID: 1,
    BAD_HANDSHAKE_METHOD: 2,
    BAD_REQUEST: 3,
    FORBIDDEN: 4,
    UNSUPPORTED_PROTOCOL_VERSION: 5,
  } as const;

  static readonly errorMessages: Readonly<Record<0 | 1 | 2 | 3 | 4 | 5, string>> = {
    0: refusals.unknownTransport.text,
    1: refusals.unknownSession.text,
    2: refusals.badHandshakeMethod.text,
    3: refusals.badRequest.text,
    4: refusals.forbidden.text,
    5: refusals.unsupportedProtocol.text,
  };

  opts: ResolvedOptions;
  /** How many sessions are open. */
  clientsCount = 0;
  readonly heartbeat: Heartbeat;
  /** Whether new sessions are refused with 503, as their clients are to go elsewhere. */
  draining = false;
  #closes = 0;
  protected readonly sessions: Map<string, Socket> = new Map();
  protected readonly middlewares: Array<CoreMiddleware<Exchange>> = [];

  /** @throws TypeError when the cookie's settings are impossible */
  constructor(options: ServerOptions = {}) {
    super();
    this.opts = resolveOptions(options);
    checkCookie(this.opts.cookie);
    this.heartbeat = new Heartbeat(this.opts.clock, this.opts.pingInterval, this.opts.pingTimeout);
    const { cors } = this.opts;
    // A function gets to see the requests; fixed rules do not hand them on.
    if (typeof cors === "function") this.use(corsMiddleware(cors));
    else if (cors) this.middlewares.push(toExchange(corsMiddleware(cors)));
    this.init();
  }

  get clock(): Clock {
    return this.opts.clock;
  }

  /** The open sessions by id, as of now: a copy, without prototype. */
  get clients(): Record<string, Socket> {
    return Object.assign(Object.create(null), Object.fromEntries(this.sessions));
  }

  protected abstract init(): void;
  protected abstract cleanup(): void;
  protected abstract createTransport(name: string, request: EngineRequest): Transport;
  /** The names of the transports that one of this name can be upgraded to. */
  protected abstract upgradesOf(transport: string): readonly string[];

  protected _computePath(options: AttachOptions): string {
    const path = (options.path ?? "/engine.io").replace(/\/$/, "");
    return options.addTrailingSlash === false ? path : `${path}/`;
  }

  /** The transports that a session on the given one may move to. */
  upgrades(transport: string): string[] {
    if (!this.opts.allowUpgrades) return [];
    const served: readonly string[] = this.opts.transports;
    return this.upgradesOf(transport).filter((name) => served.includes(name));
  }

  /** Adds an Express-style function that sees every request, of every transport, before the engine does. */
  use(fn: Middleware): void {
    this.middlewares.push(
      toExchange((request, response, next) => {
        share(request as EngineRequest);
        return fn(request, response, next);
      }),
    );
  }

  protected _applyMiddlewares(
    req: IncomingMessage,
    res: ServerResponse,
    callback: (error?: Error) => void,
  ): void {
    if (this.middlewares.length === 0) {
      callback();
      return;
    }
    const wasClosed = this.#closeWatch();
    guard(this.middlewares, { request: req, response: res }, (error) => {
      callback(error ?? (wasClosed() ? new Error("the server has been closed") : undefined));
    });
  }

  /** A new session's id; override it (or assign) for ids of your own, at once or as a promise. */
  generateId(request: IncomingMessage): string | PromiseLike<string> {
    void request;
    return generateSessionId() + this.idMark;
  }

  /** What the ids that the engine makes end with. */
  protected get idMark(): string {
    return "";
  }

  /** Whether the application makes the ids of sessions. */
  protected get makesOwnIds(): boolean {
    return this.generateId !== BaseServer.prototype.generateId;
  }

  /**
   * From now on no session is opened, and whoever is sent away is told to come back at once (1012). Returns the
   * clients of other servers that are here.
   */
  drain(): Passenger[] {
    this.draining = true;
    return [];
  }

  /** Closes all sessions. */
  close(): this {
    this.#closes++;
    for (const socket of [...this.sessions.values()]) socket.close(true);
    this.cleanup();
    return this;
  }

  /** Tells later whether the server was closed meanwhile: a handshake that began before opens no session. */
  #closeWatch(): () => boolean {
    const closes = this.#closes;
    return () => closes !== this.#closes;
  }

  // --- requests ---

  protected verify(request: EngineRequest, isUpgrade: boolean): Refusal | undefined {
    return verifyRequest(request, isUpgrade, this.opts, this.sessions);
  }

  /** Asks `allowRequest`, then for an id; `done` gets either why not, or the new session's id. */
  protected admit(request: EngineRequest, done: Admitted): void {
    const { allowRequest } = this.opts;
    if (this.draining) {
      done(new Refusal("draining"), "");
      return;
    }
    if (!allowRequest) {
      this.#assignId(request, done);
      return;
    }
    const wasClosed = this.#closeWatch();
    allowRequest(share(request), (message, success) => {
      if (wasClosed()) done(CLOSED, "");
      else if (success) this.#assignId(request, done);
      else done(new Refusal("forbidden", message ? { message: String(message) } : {}), "");
    });
  }

  #assignId(request: EngineRequest, done: Admitted): void {
    const fail = (error: unknown): void => {
      done(new Refusal("badRequest", { name: "ID_GENERATION_ERROR", error }), "");
    };
    const accept = (id: string): void => {
      if (typeof id === "string" && id !== "" && !this.sessions.has(id)) done(undefined, id);
      else fail(new TypeError(`generateId must return a new non-empty string, got ${JSON.stringify(id)}`));
    };
    let id: string | PromiseLike<string>;
    try {
      if (this.makesOwnIds) share(request);
      id = this.generateId(request);
    } catch (error) {
      fail(error);
      return;
    }
    if (typeof id === "string") {
      accept(id);
      return;
    }
    const wasClosed = this.#closeWatch();
    Promise.resolve(id).then((later) => (wasClosed() ? done(CLOSED, "") : accept(later)), fail);
  }

  protected openSession(id: string, transport: Transport, request: EngineRequest): Socket {
    const record = isOurs(request) && !this.#announcesRequests ? RequestRecord.of(request) : undefined;
    const socket = new Socket(id, this, transport, record ?? request, transport.protocol);
    this.sessions.set(id, socket);
    this.clientsCount++;
    this.emit("connection", socket);
    return socket;
  }

  /** A listener for headers may see the first request of a long-polling session after the session was opened. */
  get #announcesRequests(): boolean {
    return this.listenerCount("initial_headers") > 0 || this.listenerCount("headers") > 0;
  }

  protected reportRefusal(req: IncomingMessage, refusal: Refusal): void {
    // The reason that `allowRequest` gives is the client's; listeners find it in the context.
    const { code, text: message, context } = refusal;
    this.emit("connection_error", { req, code, message, context });
  }

  /** Lets listeners change the headers of an answer; the first answer of a session carries the cookie. */
  protected announceHeaders(headers: Record<string, unknown>, request: EngineRequest): void {
    if (this.#announcesRequests) share(request);
    if (!request._query.sid) this.emit("initial_headers", headers, request);
    this.emit("headers", headers, request);
  }

  protected cookieFor(sid: string): string | undefined {
    const { cookie } = this.opts;
    return cookie ? sessionCookie(cookie === true ? true : cookie, sid) : undefined;
  }

  // --- WebTransport ---

  /**
   * Serves a session of an HTTP/3 server; middlewares and `allowRequest` see a request made of `details`.
   * The session is closed when it is refused, or does not open in `upgradeTimeout`. Never rejects.
   */
  async onWebTransportSession(
    session: WebTransportSessionLike,
    details: WebTransportDetails = {},
  ): Promise<void> {
    const request = webTransportRequest(details);
    const close = (): void => session.close();
    const refuse = (refusal: Refusal): void => {
      this.reportRefusal(request, refusal);
      close();
    };
    const timer = this.clock.setTimeout(close, this.opts.upgradeTimeout);
    session.closed.catch(() => {}).then(() => this.clock.clearTimeout(timer));
    try {
      const refusal = await this.#guardWebTransport(request, close);
      if (refusal) refuse(refusal);
      else await this.#openWebTransport(request, session, refuse);
    } catch (error) {
      refuse(new Refusal("badRequest", { name: "TRANSPORT_HANDSHAKE_ERROR", error }));
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  #guardWebTransport(request: EngineRequest, close: () => void): Promise<Refusal | undefined> {
    if (!this.opts.transports.includes("webtransport")) {
      return Promise.resolve(new Refusal("unknownTransport", { transport: "webtransport" }));
    }
    const response = new HandshakeResponse(request, answerSink(close));
    return new Promise((resolve) => {
      this._applyMiddlewares(request, response, (error) => {
        if (!response.isOpen) return;
        response.switchProtocols();
        resolve(error && middlewareRefusal(error));
      });
    });
  }

  async #openWebTransport(
    request: EngineRequest,
    session: WebTransportSessionLike,
    refuse: (refusal: Refusal) => void,
  ): Promise<void> {
    const { maxHttpBufferSize } = this.opts;
    const { sid, stream } = await readOpening(session, maxHttpBufferSize);
    const transport = new WebTransport(request, session, stream, maxHttpBufferSize);
    if (sid !== undefined) {
      if (this.moveSession(sid, transport)) void transport.start();
      else refuse(new Refusal("unknownSession", { sid }));
      return;
    }
    const { refusal, id } = await new Promise<{ refusal: Refusal | undefined; id: string }>((resolve) => {
      this.admit(request, (reason, newId) => resolve({ refusal: reason, id: newId }));
    });
    if (refusal) {
      refuse(refusal);
      return;
    }
    this.openSession(id, transport, request);
    void transport.start();
  }

  /** Lets a session try a better transport, if it may. */
  protected moveSession(sid: string, candidate: Transport): boolean {
    const session = this.sessions.get(sid);
    if (!session || session.upgrading) return false;
    if (!this.upgrades(session.transport.name).includes(candidate.name)) return false;
    session._maybeUpgrade(candidate);
    return true;
  }

  // --- what sessions tell ---

  onFlush(socket: Socket, packets: Packet[]): void {
    if (this.listenerCount("flush") > 0) this.emit("flush", socket, packets);
  }

  onDrain(socket: Socket): void {
    if (this.listenerCount("drain") > 0) this.emit("drain", socket);
  }

  forget(socket: Socket): void {
    if (this.sessions.delete(socket.id)) this.clientsCount--;
  }
}

/** Why a request that a middleware objects to is refused. */
export function middlewareRefusal(error: Error): Refusal {
  if (error instanceof OriginError) {
    return new Refusal("forbidden", { name: "ORIGIN_NOT_ALLOWED", message: "Origin not allowed", error });
  }
  return new Refusal("badRequest", { name: "MIDDLEWARE_FAILURE", error });
}
