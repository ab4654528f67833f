/** What an adapter is asked for, and the little it needs of its namespace (Socket.IO's adapter contract). */

/** The public id of a socket; its own room has the same name. */
export type SocketId = string;

/** The secret id of a session, which lets a client recover it: at least 120 bits of a CSPRNG. */
export type PrivateSessionId = string;

/** The name of a room. */
export type Room = string;

/** How a broadcast is to be sent. */
export interface BroadcastFlags {
  /** May be dropped when the connection is not ready, and is not replayed. */
  volatile?: boolean;
  /** Whether the transport may compress it; left out: the transport decides. */
  compress?: boolean;
  /** Only to the sockets of this server. */
  local?: boolean;
  broadcast?: boolean;
  binary?: boolean;
  /** Milliseconds to wait for acknowledgements. */
  timeout?: number;
  /**
   * To one socket of this server alone, by its own room: what `socket.emit` sends where sessions are recovered.
   * Not published to other servers by ours, and unknown to other adapters.
   */
  direct?: boolean;
  /** One socket is meant, and answers alone. */
  expectSingleResponse?: boolean;
}

/** Whom a broadcast is for: members of any of `rooms` (none: everybody) that are in none of `except`. */
export interface BroadcastOptions {
  rooms: Set<Room>;
  except?: Set<Room>;
  flags?: BroadcastFlags;
}

/** A Socket.IO packet as the server hands it to an adapter. */
export interface AdapterPacket {
  /** Packet type of the Socket.IO protocol; broadcasts carry 2, EVENT. */
  type: number;
  nsp?: string;
  /** `[event, ...args]` */
  data?: unknown;
  /** The JSON of `data`, where it has come as that: it need not be made again. */
  json?: string | undefined;
  id?: number;
}

/** One packet as frames: text, then its binary attachments. */
export type EncodedPacket = Array<string | Uint8Array>;

/** Flags of one write, as Socket.IO's `client.writeToEngine` takes them. */
export interface WriteOptions {
  preEncoded: true;
  volatile: boolean | undefined;
  compress: boolean | undefined;
}

/** Called with what a client acknowledged. */
export type AckCallback = (...args: unknown[]) => void;

/** The connection below a socket. */
export interface AdapterClient {
  writeToEngine(encoded: EncodedPacket, options: WriteOptions): void;
  /** The faster door: takes what the namespace's `prepare` made. */
  writePrepared?(prepared: unknown, options: WriteOptions): void;
  /** Ends the connection as if it had been lost: its client has come back by another one. */
  abandon?(): void;
}

/** What is told of a socket, here or on another server. */
export interface SocketDetails {
  id: SocketId;
  handshake: unknown;
  rooms: Iterable<Room>;
  data: unknown;
}

/** What an adapter needs of a socket. */
export interface AdapterSocket extends SocketDetails {
  readonly client: AdapterClient;
  readonly acks: { set(id: number, ack: AckCallback): unknown; delete(id: number): unknown };
  join(rooms: Room | Room[]): unknown;
  leave(room: Room): unknown;
  disconnect(close?: boolean): unknown;
  /** Tells the catch-all listeners for outgoing packets. */
  notifyOutgoingListeners?(packet: AdapterPacket): void;
}

/** What an adapter needs of its namespace. */
export interface AdapterNamespace {
  readonly name: string;
  /** The sockets that are connected, by id. */
  readonly sockets: { get(id: SocketId): AdapterSocket | undefined; has(id: SocketId): boolean };
  readonly server: {
    readonly encoder: {
      encode(packet: AdapterPacket): EncodedPacket;
      /** The text of a packet whose data is at hand as JSON; left out, or undefined, where packets are made otherwise. */
      encodeJson?(packet: AdapterPacket, json: string): string | undefined;
    };
    readonly opts?: unknown;
  };
  /** The next acknowledgement id. */
  _ids: number;
  _onServerSideEmit(args: unknown[]): void;
  /** Tells the application's listeners on the server, past the namespace's own `emit`. */
  emitReserved?(event: string, ...args: unknown[]): unknown;
  /** Makes one message that any number of clients take through `writePrepared`. */
  prepare?(encoded: EncodedPacket): unknown;
}

/** What is kept of a socket that was disconnected without having asked for it. */
export interface SessionToPersist {
  sid: SocketId;
  pid: PrivateSessionId;
  rooms: Room[];
  data: unknown;
}

/** A session that continues, with the `[event, ...args, offset]` that its client has missed. */
export type Session = SessionToPersist & { missedPackets: unknown[][] };

/**
 * Small records that all servers of a cluster share, each held by one of them; what an adapter has as `records` where
 * it can. Calls reject while the engine that keeps them cannot be reached.
 */
export interface SharedRecords {
  /** Writes a record that is absent or held by this server, for `ttl` milliseconds; `false` when another one holds it. */
  hold(key: string, value: unknown, ttl: number): Promise<boolean>;
  /** Makes this server hold the record, whoever held it, and tells its value; undefined when there is none. */
  seize(key: string): Promise<unknown>;
  /** Removes a record that this server holds. */
  release(key: string): Promise<void>;
}

/** Who learns of changes of membership: an adapter emits them as events. */
export type RoomEvent = "create-room" | "delete-room" | "join-room" | "leave-room";
