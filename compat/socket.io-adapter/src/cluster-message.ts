/** What servers of a cluster tell one another: the messages of socket.io-adapter 2.5. */
import type { AdapterPacket, BroadcastFlags, BroadcastOptions } from "@sockeye/adapter";

/** The unique id of a server. */
export type ServerId = string;

/** The unique id of a message (connection state recovery). */
export type Offset = string;

interface MessageTypes {
  readonly INITIAL_HEARTBEAT: 1;
  readonly HEARTBEAT: 2;
  readonly BROADCAST: 3;
  readonly SOCKETS_JOIN: 4;
  readonly SOCKETS_LEAVE: 5;
  readonly DISCONNECT_SOCKETS: 6;
  readonly FETCH_SOCKETS: 7;
  readonly FETCH_SOCKETS_RESPONSE: 8;
  readonly SERVER_SIDE_EMIT: 9;
  readonly SERVER_SIDE_EMIT_RESPONSE: 10;
  readonly BROADCAST_CLIENT_COUNT: 11;
  readonly BROADCAST_ACK: 12;
  readonly ADAPTER_CLOSE: 13;
}

/** The numbers of the messages, by name and (as of an enum) by number. */
export const MessageType: MessageTypes & { readonly [type: number]: string } = withNames({
  INITIAL_HEARTBEAT: 1,
  HEARTBEAT: 2,
  BROADCAST: 3,
  SOCKETS_JOIN: 4,
  SOCKETS_LEAVE: 5,
  DISCONNECT_SOCKETS: 6,
  FETCH_SOCKETS: 7,
  FETCH_SOCKETS_RESPONSE: 8,
  SERVER_SIDE_EMIT: 9,
  SERVER_SIDE_EMIT_RESPONSE: 10,
  BROADCAST_CLIENT_COUNT: 11,
  BROADCAST_ACK: 12,
  ADAPTER_CLOSE: 13,
});
export type MessageType = MessageTypes[keyof MessageTypes];

/** The members as types, as of an enum: `MessageType.BROADCAST`. */
export declare namespace MessageType {
  type INITIAL_HEARTBEAT = MessageTypes["INITIAL_HEARTBEAT"];
  type HEARTBEAT = MessageTypes["HEARTBEAT"];
  type BROADCAST = MessageTypes["BROADCAST"];
  type SOCKETS_JOIN = MessageTypes["SOCKETS_JOIN"];
  type SOCKETS_LEAVE = MessageTypes["SOCKETS_LEAVE"];
  type DISCONNECT_SOCKETS = MessageTypes["DISCONNECT_SOCKETS"];
  type FETCH_SOCKETS = MessageTypes["FETCH_SOCKETS"];
  type FETCH_SOCKETS_RESPONSE = MessageTypes["FETCH_SOCKETS_RESPONSE"];
  type SERVER_SIDE_EMIT = MessageTypes["SERVER_SIDE_EMIT"];
  type SERVER_SIDE_EMIT_RESPONSE = MessageTypes["SERVER_SIDE_EMIT_RESPONSE"];
  type BROADCAST_CLIENT_COUNT = MessageTypes["BROADCAST_CLIENT_COUNT"];
  type BROADCAST_ACK = MessageTypes["BROADCAST_ACK"];
  type ADAPTER_CLOSE = MessageTypes["ADAPTER_CLOSE"];
}

function withNames(types: MessageTypes): MessageTypes & { readonly [type: number]: string } {
  return Object.assign(Object.fromEntries(Object.entries(types).map(([name, type]) => [type, name])), types);
}

/** Broadcast options as they travel. */
export interface SentOptions {
  rooms: string[];
  except: string[];
  flags: BroadcastFlags;
}

interface Sender {
  uid: ServerId;
  nsp: string;
}

/** A message without its sender. */
export type MessageBody =
  | { type: MessageTypes["INITIAL_HEARTBEAT" | "HEARTBEAT" | "ADAPTER_CLOSE"] }
  | {
      type: MessageTypes["BROADCAST"];
      data: { opts: SentOptions; packet: AdapterPacket; requestId?: string };
    }
  | {
      type: MessageTypes["SOCKETS_JOIN" | "SOCKETS_LEAVE"];
      data: { opts: SentOptions; rooms: string[] };
    }
  | { type: MessageTypes["DISCONNECT_SOCKETS"]; data: { opts: SentOptions; close?: boolean } }
  | { type: MessageTypes["FETCH_SOCKETS"]; data: { opts: SentOptions; requestId: string } }
  | { type: MessageTypes["SERVER_SIDE_EMIT"]; data: { requestId?: string; packet: unknown[] } };

/** A response without its sender. */
export type ResponseBody =
  | { type: MessageTypes["FETCH_SOCKETS_RESPONSE"]; data: { requestId: string; sockets: unknown[] } }
  | { type: MessageTypes["SERVER_SIDE_EMIT_RESPONSE"]; data: { requestId: string; packet: unknown } }
  | { type: MessageTypes["BROADCAST_CLIENT_COUNT"]; data: { requestId: string; clientCount: number } }
  | { type: MessageTypes["BROADCAST_ACK"]; data: { requestId: string; packet: unknown } };

/** A message to the other servers. */
export type ClusterMessage = Sender & MessageBody;

/** An answer to one server. */
export type ClusterResponse = Sender & ResponseBody;

/** Options as arrays, which any bus can carry. */
export function packOptions(opts: BroadcastOptions): SentOptions {
  return { rooms: [...opts.rooms], except: [...(opts.except ?? [])], flags: opts.flags ?? {} };
}

/** Options as sets again. */
export function unpackOptions(opts: SentOptions): BroadcastOptions {
  return { rooms: new Set(opts.rooms), except: new Set(opts.except), flags: opts.flags };
}
