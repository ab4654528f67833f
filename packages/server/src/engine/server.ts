/** The engine on Node.js: HTTP requests and upgrades of any number of servers. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import type { Passenger } from "../drain.ts";
import { NativeEngine } from "../transports/native-engine.ts";
import { Polling, type PollingSettings } from "../transports/polling.ts";
import { WebSocket, type WebSocketSettings } from "../transports/websocket.ts";
import { WsEngine } from "../transports/ws-engine.ts";
import type { HandshakeHeaders, WebSocketConnection } from "../transports/ws-port.ts";
import { attachTo } from "./attach.ts";
import { BaseServer, middlewareRefusal } from "./base-server.ts";
import { moveAway } from "./consumer.ts";
import { HandshakeResponse } from "./handshake-response.ts";
import type { AttachOptions } from "./options.ts";
import { Refusal, refusals } from "./refusal.ts";
import type { SessionRelay } from "./relay.ts";
import { RelayEdge } from "./relay-edge.ts";
import { type EngineRequest, prepareRequest } from "./request.ts";
import type { Transport } from "./transport.ts";

/** RFC 6455, registered close codes: the server restarts, the client may come back at once. */
const SERVICE_RESTART = 1012;

export class Server extends BaseServer {
  /** The HTTP server that the engine was attached to last. */
  httpServer?: HttpServer;
  declare protected pollingSettings: PollingSettings;
  declare protected webSocketSettings: WebSocketSettings;
  #relay: SessionRelay | undefined;
  #edge: RelayEdge | undefined;
  #leaveRelay: (() => void) | undefined;

  protected override init(): void {
    const { opts } = this;
    this.pollingSettings = {
      maxHttpBufferSize: opts.maxHttpBufferSize,
      httpCompression: opts.httpCompression,
      clock: opts.clock,
      onHeaders: (headers, request, sid) => {
        const cookie = request._query.sid ? undefined : this.cookieFor(sid);
        if (cookie !== undefined) headers["Set-Cookie"] = [cookie];
        this.announceHeaders(headers, request);
      },
    };
    const { perMessageDeflate, maxHttpBufferSize: maxPayload, wsEngine } = opts;
    const settings = { perMessageDeflate, maxPayload };
    const engine = wsEngine
      ? new WsEngine(wsEngine, settings)
      : new NativeEngine({ ...settings, clock: opts.clock });
    this.webSocketSettings = { engine, ...settings };
  }

  override drain(): Passenger[] {
    this.pollingSettings.closeCode = this.webSocketSettings.closeCode = SERVICE_RESTART;
    super.drain();
    return this.#edge?.drain() ?? [];
  }

  protected override cleanup(): void {
    this.#edge?.close();
  }

  protected override get idMark(): string {
    return this.#relay?.mark ?? "";
  }

  protected override upgradesOf(transport: string): readonly string[] {
    return transport === "polling" ? Polling.upgradesTo : WebSocket.upgradesTo;
  }

  protected override createTransport(name: string, request: EngineRequest): Transport {
    if (name === "polling") return new Polling(request, this.pollingSettings);
    throw new TypeError(`expected the name of a transport that HTTP requests open, got "${name}"`);
  }

  /** Serves the engine's path on an HTTP(S) server, or on an HTTP/2 server's compatibility API. */
  attach(server: HttpServer, options: AttachOptions = {}): void {
    this.httpServer = server;
    attachTo(server, this, this._computePath(options), options, this.clock);
  }

  // --- sessions of other servers ---

  /**
   * Serves requests of sessions that other servers have, over this relay, and lets them serve this one's. Only
   * requests of sessions that are unknown here touch it.
   */
  joinRelay(relay: SessionRelay | undefined): void {
    if (relay === this.#relay) return;
    this.#leaveRelay?.();
    this.#edge?.close();
    this.#relay = relay;
    this.#edge = relay && new RelayEdge(relay);
    const streams = relay && this.#relayedServer();
    this.#leaveRelay = relay?.serve({
      has: (sid) => this.sessions.has(sid),
      accept: (stream) => streams?.emit("connection", stream),
    });
  }

  /** Reads the requests of relayed streams. Middlewares have seen them where the client is connected. */
  #relayedServer(): HttpServer {
    const server = createServer((req, response) => {
      const request = prepareRequest(req);
      request.res = response;
      const { sid = "" } = request._query;
      this.#answer(request, response, this.#verifyRelayed(request, false), sid);
      if (request.method === "GET") onDepart(req, () => this.#release(sid, response));
    });
    return server.on("upgrade", (req, socket, head) => {
      socket.on("error", destroyOnError);
      const request = prepareRequest(req);
      this.#answerUpgrade(request, socket, head, this.#verifyRelayed(request, true));
    });
  }

  /** Answers a poll that waits, so that the client asks again, by another server. */
  #release(sid: string, response: ServerResponse): void {
    const transport = this.sessions.get(sid)?.transport;
    if (transport?.writable && !response.headersSent) transport.send([{ type: "noop" }]);
  }

  /** Ends a WebSocket of a server that is being drained. One that is only tried leaves its session where it was. */
  #sendAway(sid: string, transport: WebSocket): void {
    const session = this.sessions.get(sid);
    if (session?.transport === transport) {
      transport.settings = { ...this.webSocketSettings, closeCode: SERVICE_RESTART };
      moveAway(session);
    } else transport.close();
  }

  /** Sessions are opened where the client is connected, and nowhere else. */
  #verifyRelayed(request: EngineRequest, isUpgrade: boolean): Refusal | undefined {
    const { sid } = request._query;
    return sid ? this.verify(request, isUpgrade) : new Refusal("unknownSession", { sid });
  }

  #edgeFor({ code }: Refusal): RelayEdge | undefined {
    return code === refusals.unknownSession.code ? this.#edge : undefined;
  }

  // --- HTTP requests ---

  /** Serves a request; the caller has matched the path. */
  handleRequest(req: IncomingMessage, res: ServerResponse): void {
    const request = prepareRequest(req);
    request.res = res;
    if (this.middlewares.length === 0) this.#serve(request, res);
    else this.#guard(request, res);
  }

  #guard(request: EngineRequest, res: ServerResponse): void {
    this._applyMiddlewares(request, res, (error) => {
      if (res.headersSent || res.writableEnded) return;
      if (error) this.#refuse(request, res, middlewareRefusal(error));
      else this.#serve(request, res);
    });
  }

  #serve(request: EngineRequest, response: ServerResponse): void {
    const refusal = this.verify(request, false);
    const { sid } = request._query;
    const edge = refusal && this.#edgeFor(refusal);
    if (edge) {
      request.res = undefined;
      void edge.serve(request, response, this.makesOwnIds, () => this.#refuse(request, response, refusal));
    } else this.#answer(request, response, refusal, sid);
  }

  #answer(
    request: EngineRequest,
    response: ServerResponse,
    refusal: Refusal | undefined,
    sid: string | undefined,
  ): void {
    if (refusal) this.#refuse(request, response, refusal);
    else if (sid) this.sessions.get(sid)?.transport.onRequest(request);
    else this.admit(request, (reason, id) => this.#open(request, response, reason, id));
  }

  #open(request: EngineRequest, response: ServerResponse, refusal: Refusal | undefined, id: string): void {
    if (refusal) {
      this.#refuse(request, response, refusal);
      return;
    }
    // The client may have gone while allowRequest or generateId took their time.
    if (response.destroyed || response.headersSent) return;
    const transport = this.createTransport("polling", request);
    transport.sid = id;
    transport.onRequest(request);
    this.openSession(id, transport, request);
  }

  #refuse(request: EngineRequest, response: ServerResponse, refusal: Refusal): void {
    request.res = undefined;
    this.reportRefusal(request, refusal);
    if (response.headersSent) return;
    const { body } = refusal;
    response.writeHead(refusal.status, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
      // A connection that is kept would lead the client back here.
      ...(this.draining && request.httpVersionMajor === 1 && { Connection: "close" }),
    });
    response.end(body);
  }

  // --- upgrades ---

  /** Serves a WebSocket handshake; the caller has matched the path. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, upgradeHead: Buffer): void {
    // From here to the connection's own handler there is no moment without one (CVE-2022-41940).
    socket.on("error", destroyOnError);
    const request = prepareRequest(req);
    if (this.middlewares.length === 0) this.#verifyUpgrade(request, socket, upgradeHead);
    else this.#guardUpgrade(request, socket, upgradeHead);
  }

  #guardUpgrade(request: EngineRequest, socket: Duplex, upgradeHead: Buffer): void {
    const response = new HandshakeResponse(request, socket);
    this._applyMiddlewares(request, response, (error) => {
      if (!response.isOpen) return;
      if (error) this.#refuseUpgrade(request, socket, middlewareRefusal(error), response);
      else this.#verifyUpgrade(request, socket, upgradeHead, response);
    });
  }

  #verifyUpgrade(request: EngineRequest, socket: Duplex, head: Buffer, response?: HandshakeResponse): void {
    const refusal = this.verify(request, true);
    const edge = refusal && this.#edgeFor(refusal);
    if (edge) this.#relayUpgrade(edge, request, socket, head, refusal, response);
    else this.#answerUpgrade(request, socket, head, refusal, response);
  }

  #relayUpgrade(
    edge: RelayEdge,
    request: EngineRequest,
    socket: Duplex,
    head: Buffer,
    refusal: Refusal,
    response = new HandshakeResponse(request, socket),
  ): void {
    void edge.upgrade(request, socket, head, response, this.makesOwnIds, () =>
      this.#refuseUpgrade(request, socket, refusal, response),
    );
  }

  #answerUpgrade(
    request: EngineRequest,
    socket: Duplex,
    head: Buffer,
    refusal: Refusal | undefined,
    response?: HandshakeResponse,
  ): void {
    if (refusal) this.#refuseUpgrade(request, socket, refusal, response);
    else if (request._query.sid) this.#accept(request, socket, head, "", response);
    else {
      this.admit(request, (reason, id) => {
        if (reason) this.#refuseUpgrade(request, socket, reason, response);
        else this.#accept(request, socket, head, id, response);
      });
    }
  }

  #accept(
    request: EngineRequest,
    socket: Duplex,
    head: Buffer,
    id: string,
    response?: HandshakeResponse,
  ): void {
    if (socket.destroyed || response?.headersSent) return;
    const headers: HandshakeHeaders = response ? response.switchProtocols() : {};
    this.announceHeaders(headers, request);
    const refusal = this.webSocketSettings.engine.accept(request, socket, head, headers, (connection) => {
      socket.off("error", destroyOnError);
      this.#onWebSocket(request, connection, id);
    });
    if (refusal) new HandshakeResponse(request, socket).refuse(refusal.status, refusal.text, refusal.headers);
  }

  #refuseUpgrade(
    request: EngineRequest,
    socket: Duplex,
    refusal: Refusal,
    response?: HandshakeResponse,
  ): void {
    this.reportRefusal(request, refusal);
    const answer = response ?? new HandshakeResponse(request, socket);
    answer.refuse(refusal.status, refusal.body, { "Content-Type": "application/json" });
  }

  #onWebSocket(request: EngineRequest, connection: WebSocketConnection, id: string): void {
    const transport = new WebSocket(request, connection, this.webSocketSettings);
    if (id !== "") this.openSession(id, transport, request);
    else this.#onCandidate(request, request._query.sid ?? "", transport);
  }

  #onCandidate(request: EngineRequest, sid: string, transport: WebSocket): void {
    if (this.moveSession(sid, transport)) onDepart(request, () => this.#sendAway(sid, transport));
    else transport.close();
  }
}

/** Does it when the server that the client has reached is being drained, if that is another one. */
function onDepart(request: IncomingMessage, task: () => void): void {
  const stream: Duplex & { readonly departing?: boolean } = request.socket;
  if (stream.departing) task();
  else if (stream.departing === false) stream.once("depart", task);
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}
