/** The opening handshake: is this request one (RFC 6455, 4.2.1), and the answer to it (4.2.2). */
import { hash } from "node:crypto";
import { type IncomingMessage, validateHeaderName, validateHeaderValue } from "node:http";
import { type ExtensionOffer, HeaderSyntaxError, parseExtensions, parseTokens } from "./header-list.ts";
import type { ExtraHeaders } from "./port.ts";
import { Refusal } from "./refusal.ts";

/** What a client asks for. */
export interface Handshake {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly extensions: readonly ExtensionOffer[];
}

/** What a server agrees to. */
export interface Agreement {
  readonly protocol: string | undefined;
  readonly extensions: string | undefined;
  readonly headers: ExtraHeaders | undefined;
}

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** 16 bytes in base64. The pattern has one way to match: it cannot be slow. */
const keyPattern = /^[A-Za-z0-9+/]{22}==$/;

/** Reads an upgrade request, or tells why it is none. */
export function readHandshake(request: IncomingMessage): Handshake | Refusal {
  return refusal(request) ?? readOffers(request);
}

function refusal(request: IncomingMessage): Refusal | undefined {
  const { headers } = request;
  if (request.method !== "GET") return new Refusal(405, "Method not allowed", { Allow: "GET" });
  if (request.httpVersionMajor < 1 || request.httpVersion === "1.0")
    return bad("HTTP version must be 1.1 or higher");
  if (headers.host === undefined) return bad("Host header missing");
  if (!hasToken(headers.upgrade, "websocket")) return bad("Upgrade header must name websocket");
  if (!hasToken(headers.connection, "upgrade")) return bad("Connection header must name upgrade");
  if (!keyPattern.test(headers["sec-websocket-key"] ?? "")) {
    return bad("Sec-WebSocket-Key header must be 16 bytes in base64");
  }
  if (headers["sec-websocket-version"] !== "13") return wrongVersion();
  return undefined;
}

function bad(text: string): Refusal {
  return new Refusal(400, text);
}

/** RFC 6455, 4.4; RFC 9110, 15.5.22 asks for the Upgrade field. */
function wrongVersion(): Refusal {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
  return new Refusal(426, "Sec-WebSocket-Version must be 13", headers);
}

function hasToken(field: string | undefined, token: string): boolean {
  if (field === undefined) return false;
  const lower = field.toLowerCase();
  return lower === token || lower.split(",").some((element) => element.trim() === token);
}

function readOffers(request: IncomingMessage): Handshake | Refusal {
  const { headers } = request;
  const key = headers["sec-websocket-key"] as string;
  try {
    const protocols = readProtocols(headers["sec-websocket-protocol"]);
    const extensions = headers["sec-websocket-extensions"];
    return { key, protocols, extensions: extensions === undefined ? [] : parseExtensions(extensions) };
  } catch (error) {
    if (!(error instanceof HeaderSyntaxError)) throw error;
    return bad(`Sec-WebSocket-Protocol or Sec-WebSocket-Extensions header: ${error.message}`);
  }
}

/** RFC 6455, 4.1, 10: one or more tokens, all different. */
function readProtocols(field: string | undefined): string[] {
  if (field === undefined) return [];
  const protocols = parseTokens(field);
  if (protocols.length === 0) throw new HeaderSyntaxError("expected a protocol, got none");
  if (new Set(protocols).size < protocols.length) throw new HeaderSyntaxError("expected different protocols");
  return protocols;
}

/** The value of Sec-WebSocket-Accept. */
function acceptValue(key: string): string {
  // A tenth of the time of a Hash object, which is a stream.
  return hash("sha1", key + guid, "base64");
}

/** What the handshake itself says, and what a 101 answer cannot have (RFC 9110, 15.2). */
const own: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "sec-websocket-protocol",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The 101 answer.
 * @throws TypeError if an extra header's name or value is not one that HTTP allows (ERR_INVALID_HTTP_TOKEN,
 * ERR_INVALID_CHAR).
 */
export function answer(handshake: Handshake, agreement: Agreement): string {
  let text = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptValue(handshake.key)}\r\n`;
  if (agreement.protocol !== undefined) text += `Sec-WebSocket-Protocol: ${agreement.protocol}\r\n`;
  if (agreement.extensions !== undefined) text += `Sec-WebSocket-Extensions: ${agreement.extensions}\r\n`;
  if (agreement.headers !== undefined) text += extraLines(agreement.headers);
  return `${text}\r\n`;
}

function extraLines(headers: ExtraHeaders): string {
  let lines = "";
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || own.has(name.toLowerCase())) continue;
    validateHeaderName(name);
    for (const each of Array.isArray(value) ? value : [value]) lines += line(name, String(each));
  }
  return lines;
}

function line(name: string, value: string): string {
  validateHeaderValue(name, value);
  return `${name}: ${value}\r\n`;
}

/** Which of the protocols offered to agree on. @throws RangeError if the one asked for was not offered. */
export function chooseProtocol(handshake: Handshake, wanted: string | false | undefined): string | undefined {
  if (wanted === false) return undefined;
  if (wanted === undefined || handshake.protocols.includes(wanted)) return wanted ?? handshake.protocols[0];
  throw new RangeError(`expected a protocol out of "${handshake.protocols.join(", ")}", got "${wanted}"`);
}
