/** What a WebTransport session says first, and the request that it stands for. */
import { type IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { FrameStreamDecoder, ProtocolError } from "@sockeye/protocol";
import type { OpenedStream, WebTransportSessionLike } from "../transports/webtransport.ts";
import { type EngineRequest, parseQuery } from "./request.ts";

/** What the HTTP/3 server knows about a session's CONNECT request. */
export interface WebTransportDetails {
  url?: string;
  headers?: IncomingHttpHeaders;
  remoteAddress?: string;
}

/** The request that middlewares, `allowRequest` and handshakes see: WebTransport has none of Node.js's kind. */
export function webTransportRequest(details: WebTransportDetails): EngineRequest {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: details.remoteAddress, configurable: true });
  const request = new IncomingMessage(socket) as EngineRequest;
  request.method = "CONNECT";
  request.url = details.url ?? "/engine.io/";
  request.headers = details.headers ?? {};
  // The revision before (3) knows no WebTransport.
  request._query = { ...parseQuery(request.url), EIO: "4", transport: "webtransport" };
  return request;
}

/** A connection for an answer that nobody reads: when it ends, so does the session. */
export function answerSink(onEnd: () => void): Duplex {
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done();
    },
    final(done) {
      onEnd();
      done();
    },
  });
}

export interface Opening {
  /** The session to move to this transport; undefined for a new one. */
  sid: string | undefined;
  stream: OpenedStream;
}

/**
 * Waits for the first stream and its first packet, which must be an open packet (Engine.IO v4.1, "WebTransport").
 * @throws ProtocolError when it is anything else
 */
export async function readOpening(session: WebTransportSessionLike, maxPayload: number): Promise<Opening> {
  const first = await session.incomingBidirectionalStreams.getReader().read();
  if (!first.value) throw new ProtocolError("ERR_HANDSHAKE", "a bidirectional stream", "the end");
  const reader = first.value.readable.getReader();
  const decoder = new FrameStreamDecoder(maxPayload);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new ProtocolError("ERR_HANDSHAKE", "an open packet", "the end");
    const [packet, ...early] = decoder.push(value ?? new Uint8Array(0));
    if (!packet) continue;
    if (packet.type !== "open") throw new ProtocolError("ERR_HANDSHAKE", "an open packet", packet.type);
    const stream = { reader, writer: first.value.writable.getWriter(), decoder, early };
    return { sid: packet.data ? readSid(packet.data) : undefined, stream };
  }
}

function readSid(data: string): string {
  let cause: unknown;
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value === "object" && value !== null && "sid" in value && typeof value.sid === "string") {
      return value.sid;
    }
  } catch (error) {
    cause = error;
  }
  throw new ProtocolError("ERR_HANDSHAKE", "an open packet with a sid", data, cause);
}
