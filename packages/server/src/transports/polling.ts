/** Long-polling: packets leave as the answer of a waiting GET, and arrive in the bodies of POSTs. */
import type { ServerResponse } from "node:http";
import { type Clock, systemClock, type Timer } from "@sockeye/core";
import type { DecodedEnginePacket } from "@sockeye/protocol";
import type { HttpCompressionOptions } from "../engine/options.ts";
import { PayloadTooLargeError } from "../engine/payload-limit.ts";
import { byteLength } from "../engine/prepared.ts";
import { Refusal } from "../engine/refusal.ts";
import { type EngineRequest, headerOf } from "../engine/request.ts";
import { type Packet, Transport } from "../engine/transport.ts";
import { type ContentEncoding, chooseEncoding, compress, compressionThreshold } from "./compression.ts";
import { readBody } from "./request-body.ts";
import { type Wire, wireV3, wireV4 } from "./wire.ts";

/** Headers of an answer, as the engine's `headers` events show them. */
export type ResponseHeaders = Record<string, number | string | string[]>;

/** What all polling transports of a server have in common. */
export interface PollingSettings {
  maxHttpBufferSize: number;
  httpCompression: boolean | HttpCompressionOptions;
  clock: Clock;
  /** Told to clients that are sent away, if any: one of the codes of WebSocket. */
  closeCode?: number;
  onHeaders: ((headers: ResponseHeaders, request: EngineRequest, sid: string) => void) | undefined;
}

const DEFAULTS: PollingSettings = {
  maxHttpBufferSize: 1e6,
  httpCompression: true,
  clock: systemClock,
  onHeaders: undefined,
};

/** How long a session that was closed between two polls waits for the next one, to say farewell, in ms. */
const FAREWELL_TIMEOUT = 30_000;

/** What becomes of the packets sent: they leave at the end of the turn, or as soon as they are compressed. */
type AnswerState = "idle" | "scheduled" | "compressing";

const flushLater = (transport: Polling): void => transport.flush();

export class Polling extends Transport {
  static override upgradesTo: string[] = ["websocket", "webtransport"];

  settings: PollingSettings;
  readonly #wire: Wire;
  /** The GET that waits, and its answer. */
  #poll: EngineRequest | undefined;
  #answer: ServerResponse | undefined;
  /** The POST that is being read. */
  #upload: ServerResponse | undefined;
  /** What leaves with the next answer: everything sent within one turn of the event loop. */
  #pending: Packet[] = [];
  #state: AnswerState = "idle";
  #settled: (() => void) | undefined;
  #farewell: (() => void) | undefined;
  #farewellTimer: Timer;
  readonly #onAnswerClosed = (): void => this.#checkAborted();

  constructor(request: EngineRequest, settings: PollingSettings = DEFAULTS) {
    super(request);
    this.settings = settings;
    this.#wire = this.protocol === 4 ? wireV4 : wireV3;
  }

  get name(): string {
    return "polling";
  }

  get maxHttpBufferSize(): number {
    return this.settings.maxHttpBufferSize;
  }

  get httpCompression(): boolean | HttpCompressionOptions {
    return this.settings.httpCompression;
  }

  override get bufferedAmount(): number {
    let bytes = 0;
    for (const { data, prepared } of this.#pending) {
      bytes += prepared ? prepared.byteLength : data === undefined ? 0 : byteLength(data as string);
    }
    return bytes;
  }

  override onRequest(request: EngineRequest): void {
    const response = request.res as ServerResponse;
    request.res = undefined;
    if (request.method === "GET") this.#onPoll(request, response);
    else if (request.method === "POST") this.#onUpload(request, response);
    else refuse(response, 405, { Allow: "GET, POST" });
  }

  override whenSettled(task: () => void): void {
    if (this.#upload) this.#settled = task;
    else task();
  }

  // --- the way out ---

  #onPoll(request: EngineRequest, response: ServerResponse): void {
    if (this.#answer || this._readyState === "closed") {
      refuse(response, 400);
      if (this.#answer) this.onError("overlap from client");
      return;
    }
    this.#poll = request;
    this.#answer = response;
    response.on("close", this.#onAnswerClosed);
    if (this._readyState === "closing") this.#sayFarewell();
    else this.onReady();
  }

  #checkAborted(): void {
    // The event of an earlier answer may come while the next poll waits already.
    if (!this.#answer || !isGone(this.#answer)) return;
    this.#answer = this.#poll = undefined;
    if (this._readyState === "open") this.onError("poll connection closed prematurely");
  }

  override send(packets: Packet[]): void {
    for (const packet of packets) this.#pending.push(packet);
    if (this.#state !== "idle") return;
    this.#state = "scheduled";
    setImmediate(flushLater, this);
  }

  /** Answers the waiting poll with what was sent in this turn. */
  flush(): void {
    if (this.#state === "compressing") return;
    this.#state = "idle";
    if (!this.#answer || this.#pending.length === 0) return;
    const packets = this.#pending;
    this.#pending = [];
    this.writable = false;
    const body = this.#wire.encodePayload(packets, this.supportsBinary);
    const encoding = this.#encodingFor(body, packets);
    if (encoding === undefined) this.#respond(body);
    else this.#respondCompressed(body, encoding);
  }

  #respondCompressed(body: string | Uint8Array, encoding: ContentEncoding): void {
    this.#state = "compressing";
    compress(body, encoding, this.settings.httpCompression, (error, compressed) => {
      this.#state = "idle";
      if (error) this.onError("the answer could not be compressed", error);
      else this.#respond(compressed, { body, encoding });
    });
  }

  #encodingFor(body: string | Uint8Array, packets: Packet[]): ContentEncoding | undefined {
    if (body.length < compressionThreshold(this.settings.httpCompression)) return undefined;
    if (!packets.some(({ options }) => options?.compress)) return undefined;
    return chooseEncoding(this.#poll?.headers["accept-encoding"]);
  }

  #respond(data: string | Uint8Array, from?: { body: string | Uint8Array; encoding: string }): void {
    const response = this.#answer;
    const request = this.#poll;
    if (!response || !request) return;
    this.#answer = this.#poll = undefined;
    const isText = typeof (from?.body ?? data) === "string";
    const headers: ResponseHeaders = {
      "Content-Type": isText ? "text/plain; charset=UTF-8" : "application/octet-stream",
      "Content-Length": byteLength(data),
      "cache-control": "no-store",
    };
    if (from) headers["Content-Encoding"] = from.encoding;
    response.writeHead(200, this.#headers(headers, request));
    response.end(data);
    this.onDrain();
  }

  #headers(headers: ResponseHeaders, request: EngineRequest): ResponseHeaders {
    if (this.hears("headers")) this.emit("headers", headers, request);
    this.settings.onHeaders?.(headers, request, this.sid);
    return headers;
  }

  // --- the way in ---

  #onUpload(request: EngineRequest, response: ServerResponse): void {
    if (this.#upload || this._readyState === "closed") {
      refuse(response, 400);
      if (this.#upload) this.onError("data request overlap from client");
      return;
    }
    const isBinary = headerOf(request, "content-type") === "application/octet-stream";
    if (isBinary && this.protocol === 4) {
      refuse(response, 400);
      this.onError("invalid content");
      return;
    }
    this.#upload = response;
    readBody(request, this.settings.maxHttpBufferSize, (error, body) => {
      if (error) this.#onUploadFailed(response, error);
      else this.#onUploaded(request, response, body, isBinary);
    });
  }

  #onUploadFailed(response: ServerResponse, error: Error): void {
    this.#upload = undefined;
    if (error instanceof PayloadTooLargeError) {
      refuse(response, 413);
      this.fail("transport error", error);
    } else this.onError("data request connection closed prematurely", error);
  }

  #onUploaded(request: EngineRequest, response: ServerResponse, body: Buffer, isBinary: boolean): void {
    // The transport may have ended meanwhile, and answered.
    if (this.#upload !== response) return;
    this.#upload = undefined;
    const packets = this.#decode(body, isBinary);
    if (!packets) {
      refuse(response, 400);
      return;
    }
    for (const packet of packets) this.onPacket(packet as Packet);
    const headers = { "Content-Type": "text/html", "Content-Length": 2, "cache-control": "no-store" };
    response.writeHead(200, this.#headers(headers, request));
    response.end("ok");
    const settled = this.#settled;
    this.#settled = undefined;
    settled?.();
  }

  #decode(body: Buffer, isBinary: boolean): DecodedEnginePacket[] | undefined {
    try {
      return this.#wire.decodePayload(body, isBinary);
    } catch (error) {
      this.fail("parse error", error);
      return undefined;
    }
  }

  // --- the end ---

  override retire(): void {
    this.discard();
    if (this.#answer && this.#pending.length === 0) this.#pending.push({ type: "noop" });
    this.flush();
    this.#finish();
  }

  override doClose(fn?: () => void): void {
    this.#farewell = fn;
    // An answer that is being compressed is on its way already: the farewell goes with the next one.
    if (this.#answer && this.#state !== "compressing") this.#sayFarewell();
    else if (this.discarded || !this.owner) this.#finish();
    else this.#awaitPoll();
  }

  #awaitPoll(): void {
    const { clock } = this.settings;
    clock.clearTimeout(this.#farewellTimer);
    this.#farewellTimer = clock.setTimeout(() => this.#finish(), FAREWELL_TIMEOUT);
  }

  /** In a payload of its own: socket.io-client drops the messages of a payload that ends with a close. */
  #sayFarewell(): void {
    if (this.#pending.length > 0 && !this.discarded) {
      this.#awaitPoll();
      this.flush();
      return;
    }
    const { closeCode } = this.settings;
    this.#pending.push(closeCode ? { type: "close", data: String(closeCode) } : { type: "close" });
    this.flush();
    this.#finish();
  }

  #finish(): void {
    this.settings.clock.clearTimeout(this.#farewellTimer);
    if (this.#upload) interrupt(this.#upload);
    this.#upload = undefined;
    const farewell = this.#farewell;
    this.#farewell = undefined;
    // The one who closes says the reason; only without one the transport does.
    farewell?.();
    this.onClose();
  }
}

/** Whether the client of an answer has left; HTTP/2's compatibility API tells it by the stream. */
function isGone(response: ServerResponse & { stream?: { closed: boolean } }): boolean {
  return response.destroyed || response.stream?.closed === true;
}

/** A POST that is still being read is not waited for; HTTP/2 has a stream for it, which needs no word of that. */
function interrupt(response: ServerResponse): void {
  refuse(response, 400, response.req.httpVersionMajor === 1 ? { Connection: "close" } : {});
}

function refuse(response: ServerResponse, status: number, headers?: Record<string, string>): void {
  if (response.headersSent) return;
  const { body } = new Refusal("badRequest");
  response.writeHead(status, {
    ...headers,
    "Content-Type": "application/json",
    "Content-Length": byteLength(body),
  });
  response.end(body);
}
