/** What is kept of the request that opened a session: a fifth of its size, and enough to make it again. */
import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type EngineRequest, parseQuery } from "./request.ts";

/**
 * An IncomingMessage holds some 2 KB: two parsings of its headers, and a stream that has ended. Few look at it once
 * the session is open. It may only be dropped while nobody else has had it in hand, who may have attached something
 * or may know it again (`isOurs`).
 */
export class RequestRecord {
  readonly #socket: Socket;
  readonly #url: string;
  readonly #rawHeaders: readonly string[];

  get socket(): Socket {
    return this.#socket;
  }

  private constructor(request: EngineRequest, rawHeaders: readonly string[]) {
    this.#socket = request.socket;
    this.#url = bareQuery(request._query) ? shared(request.url as string) : (request.url as string);
    this.#rawHeaders = rawHeaders;
  }

  /** Undefined when a request made again would not say the same. */
  static of(request: EngineRequest): RequestRecord | undefined {
    const isPlain = Object.getPrototypeOf(request) === IncomingMessage.prototype;
    if (!isPlain || request.httpVersion !== "1.1" || request.method !== "GET") return undefined;
    const { headers, rawHeaders } = request;
    const kept: string[] = new Array(rawHeaders.length);
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] as string;
      const value = rawHeaders[i + 1] as string;
      const key = lowerCased(name);
      // Repeated fields were joined or left out, each in its own way (Node.js, `message.headers`).
      if (headers[key] !== value) return undefined;
      kept[i] = shared(name);
      kept[i + 1] = repetitive.has(key) ? shared(value) : value;
    }
    return new RequestRecord(request, kept);
  }

  /** A request with the same content. */
  restore(): EngineRequest {
    const request = new IncomingMessage(this.#socket) as EngineRequest & { upgrade?: boolean };
    request.method = "GET";
    request.url = this.#url;
    request.httpVersion = "1.1";
    request.httpVersionMajor = request.httpVersionMinor = 1;
    request.rawHeaders = [...this.#rawHeaders];
    const headers: Record<string, string> = {};
    const distinct: Record<string, string[]> = Object.create(null);
    for (let i = 0; i < this.#rawHeaders.length; i += 2) {
      const key = lowerCased(this.#rawHeaders[i] as string);
      const value = this.#rawHeaders[i + 1] as string;
      headers[key] = value;
      distinct[key] = [value];
    }
    request.headers = headers;
    request.headersDistinct = distinct;
    request._query = parseQuery(this.#url);
    request.upgrade = request._query.transport === "websocket";
    request.complete = true;
    request.push(null);
    return request;
  }
}

/** Fields of which a million clients send a few hundred different values. No secrets, nothing about one client. */
const repetitive: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "connection",
  "host",
  "origin",
  "pragma",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-websocket-extensions",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "upgrade",
  "user-agent",
]);

const maxShared = 1_000;
const longestShared = 256;
const strings = new Map<string, string>();

/** The same string for all sessions. The table is bounded: when it is full, it begins anew. */
function shared(text: string): string {
  if (text.length > longestShared) return text;
  const known = strings.get(text);
  if (known !== undefined) return known;
  if (strings.size >= maxShared) strings.clear();
  strings.set(text, text);
  return text;
}

const lowerCase = new Map<string, string>();

/** Header names in lower case, most of them looked up. */
function lowerCased(name: string): string {
  const known = lowerCase.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (lowerCase.size >= maxShared) lowerCase.clear();
  if (name.length <= longestShared) lowerCase.set(name, lower);
  return lower;
}

/** Whether a query has nothing of one client's own in it. */
function bareQuery(query: Record<string, string>): boolean {
  for (const name in query) if (name !== "EIO" && name !== "transport") return false;
  return true;
}
