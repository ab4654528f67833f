/** What is kept of the request that opened a session: a tenth of its size, and enough to make it again. */
import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type EngineRequest, parseQuery } from "./request.ts";

/**
 * An IncomingMessage holds some 2 KB: two parsings of its headers, and a stream that has ended. Few look at it once
 * the session is open. It may only be dropped while nobody else has had it in hand, who may have attached something
 * or may know it again (`isOurs`).
 */
export class RequestRecord {
  readonly socket: Socket;
  readonly #url: string;
  /** A line per header field: `name:value`, or the name alone where the value is in `own`. */
  readonly #fields: string;
  /** Those values, a line each: mostly there is one, the key of the handshake, and its string is the request's. */
  readonly #own: string;

  private constructor(request: EngineRequest, fields: string, own: string) {
    const { socket, url = "", _query } = request;
    this.socket = socket;
    this.#url = isBare(_query) ? shared(url) : url;
    this.#fields = shared(fields);
    this.#own = own;
  }

  /** Undefined when a request made again would not say the same. */
  static of(request: EngineRequest): RequestRecord | undefined {
    const isPlain = Object.getPrototypeOf(request) === IncomingMessage.prototype;
    if (!isPlain || request.httpVersion !== "1.1" || request.method !== "GET") return undefined;
    const { headers, rawHeaders } = request;
    const own: string[] = [];
    let fields = "";
    let at = 0;
    for (const key in headers) {
      const value = rawHeaders[at + 1] as string;
      // Repeated fields were joined or left out, each in its own way (Node.js, `message.headers`).
      if (headers[key] !== value) return undefined;
      if (common.has(key)) fields += `${rawHeaders[at]}:${value}\n`;
      else {
        fields += `${rawHeaders[at]}\n`;
        own.push(value);
      }
      at += 2;
    }
    return at === rawHeaders.length ? new RequestRecord(request, fields, own.join("\n")) : undefined;
  }

  /** A request with the same content. */
  restore(): EngineRequest {
    const request = new IncomingMessage(this.socket) as EngineRequest & { upgrade?: boolean };
    request.method = "GET";
    request.url = this.#url;
    request.httpVersion = "1.1";
    request.httpVersionMajor = request.httpVersionMinor = 1;
    this.#restoreHeaders(request);
    request._query = parseQuery(this.#url);
    request.upgrade = request._query.transport === "websocket";
    request.complete = true;
    request.push(null);
    return request;
  }

  #restoreHeaders(request: IncomingMessage): void {
    const headers: Record<string, string> = {};
    const distinct: Record<string, string[]> = Object.create(null);
    const own = this.#own.split("\n");
    let next = 0;
    request.rawHeaders = this.#fields
      .split("\n")
      .slice(0, -1)
      .flatMap((line) => {
        const colon = line.indexOf(":");
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? (own[next++] as string) : line.slice(colon + 1);
        headers[name.toLowerCase()] = value;
        distinct[name.toLowerCase()] = [value];
        return [name, value];
      });
    request.headers = headers;
    request.headersDistinct = distinct;
  }
}

/** Fields whose values many clients have in common. No secrets, and nothing about one client. */
const common: ReadonlySet<string> = new Set([
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

const texts = new Map<string, string>();
const mostTexts = 4_000;
const longestText = 1_024;

/** One string for all sessions that have the same. A full table begins anew: nobody can fill memory by it. */
function shared(text: string): string {
  if (text.length > longestText) return text;
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= mostTexts) texts.clear();
  texts.set(text, text);
  return text;
}

/** Whether a query has nothing of one client's own in it. */
function isBare(query: Record<string, string>): boolean {
  for (const name in query) if (name !== "EIO" && name !== "transport") return false;
  return true;
}
