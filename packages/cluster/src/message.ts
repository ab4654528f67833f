/** What servers of a cluster tell and ask one another. */
import type { SocketDetails } from "@sockeye/adapter";

/** The id of a server, made anew at each start. */
export type NodeId = string;

/** An emitter is no server: nobody waits for its answers or counts it. Its id begins with this. */
export const EMITTER = "~";

/** Whom a message is for, as it travels. */
export interface Target {
  rooms: string[];
  except: string[];
  volatile?: boolean;
  compress?: boolean;
  /** It goes to all servers of the namespace, although it is for rooms. */
  everywhere?: boolean;
}

/** What happens at clients: the name of the event and its arguments. */
export interface Event {
  args: unknown[];
  /** The same as JSON, if it has been read as that. */
  json?: string;
}

/**
 * To servers that have members, unanswered. An order that goes to several topics has the same `copy` number on
 * each, so that a server which listens to several of them obeys once; 0 when there is only one.
 */
export type Order =
  | ({ kind: "broadcast"; nsp: string; to: Target; copy: number } & Event)
  | { kind: "join"; nsp: string; to: Target; copy: number; rooms: string[] }
  | { kind: "leave"; nsp: string; to: Target; copy: number; rooms: string[] }
  | { kind: "disconnect"; nsp: string; to: Target; copy: number; close: boolean }
  | { kind: "emit"; nsp: string; args: unknown[] };

/** A broadcast as a log has it: `copy` counts what its server appends. */
export type Logged = Extract<Order, { kind: "broadcast" }>;

/** To servers that have members of these rooms: what follows waits for this place of its sender in the log. */
export type Place = { kind: "after"; nsp: string; rooms: string[]; number: number };

/** To every server, each of which answers. */
export type Question =
  | { kind: "fetch"; nsp: string; request: number; to: Target }
  | { kind: "ask"; nsp: string; request: number; args: unknown[] }
  | ({ kind: "poll"; nsp: string; request: number; to: Target; timeout: number } & Event)
  /** To one server: the session has moved, let go of it. */
  | { kind: "yield"; nsp: string; request: number; pid: string };

/** To every server: who has the session of this id? */
export type Search = { kind: "locate"; request: number; sid: string };

/** To the server that asked. */
export type Answer =
  | { kind: "sockets"; request: number; sockets: SocketDetails[] }
  | { kind: "reply"; request: number; value: unknown }
  | { kind: "polled"; request: number; clients: number }
  | { kind: "ack"; request: number; value: unknown }
  | { kind: "located"; request: number; found: boolean };

/** What one end of a relayed stream tells the other. */
export type StreamEvent =
  | { kind: "chunk"; bytes: Uint8Array }
  /** How many bytes may be sent, counted from the beginning. */
  | { kind: "grant"; limit: number }
  | { kind: "finish" }
  /** The client should go elsewhere: the server that it has reached is being drained. */
  | { kind: "depart" }
  | { kind: "hang" };

/** The client of whom a stream is relayed. */
export interface StreamClient {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly encrypted: boolean;
}

/**
 * Streams are numbered by the server that calls, which is the sender or not; what an end says, too, so that a
 * lost message is noticed.
 */
export type StreamMessage =
  | { kind: "dial"; stream: number; sid: string; client: StreamClient }
  | (StreamEvent & { stream: number; caller: boolean; number: number });

/** Signs of life. */
export type Presence = { kind: "hello" | "heartbeat" | "goodbye" };

export type Message = Order | Place | Question | Search | Answer | Presence | StreamMessage;
