/** What a recording holds: one entry for each thing that crossed the wire, or happened to the connection. */

/** "out" is from the client to the server. */
export type Direction = "out" | "in";

interface Common {
  /** Counts up from 0, without gaps. */
  readonly seq: number;
  /** Milliseconds since the recording began. */
  readonly at: number;
  /** The name of the transport, where there is one. */
  readonly transport: string | undefined;
}

/** An HTTP request of long-polling, or the one that opens a WebSocket or WebTransport session. */
export interface RequestEntry extends Common {
  readonly kind: "request";
  readonly direction: "out";
  readonly method: "GET" | "POST" | "CONNECT";
  /** Bytes of the body. */
  readonly bytes: number;
  /** Engine.IO packets in the body. */
  readonly packets: number;
  /** The `seq` of the answer, once there is one. */
  readonly answer?: number;
  /** Milliseconds until the whole answer was there. */
  readonly duration?: number;
}

/** The answer to an HTTP request. */
export interface ResponseEntry extends Common {
  readonly kind: "response";
  readonly direction: "in";
  readonly method: "GET" | "POST" | "CONNECT";
  /** The HTTP status; 0 when the network failed. */
  readonly status: number;
  /** Bytes of the body. */
  readonly bytes: number;
  /** Engine.IO packets in the body. */
  readonly packets: number;
  /** The `seq` of the request; undefined when it was sent before the recording began. */
  readonly request: number | undefined;
  /** Milliseconds since the request. */
  readonly duration: number | undefined;
}

/** An Engine.IO packet that is no message. */
export interface FrameEntry extends Common {
  readonly kind: "frame";
  readonly direction: Direction;
  readonly type: "open" | "close" | "ping" | "pong" | "upgrade" | "noop";
  /** What the packet carries: a handshake, or "probe". */
  readonly text: string;
  readonly bytes: number;
}

/** A Socket.IO packet. */
export interface PacketEntry extends Common {
  readonly kind: "packet";
  readonly direction: Direction;
  readonly type: "CONNECT" | "DISCONNECT" | "EVENT" | "ACK" | "CONNECT_ERROR" | "UNKNOWN";
  readonly namespace: string;
  /** The name of the event; of an ACK, that of the event that it answers. */
  readonly event: string | undefined;
  /** The id that pairs an event with its acknowledgement. */
  readonly id: number | undefined;
  /** The payload as JSON, cut to the recording's `maxPayload` characters. */
  readonly text: string;
  /** Whether {@link text} is cut. */
  readonly truncated: boolean;
  /** Sizes of the binary attachments in bytes; their contents are not kept. */
  readonly attachments: readonly number[];
  /** Bytes on the wire: Engine.IO packets with their attachments, without HTTP headers or WebSocket framing. */
  readonly bytes: number;
  /** The `seq` of the acknowledgement of this event, or of the event of this acknowledgement. */
  readonly pair?: number;
  /** Milliseconds from the event to its acknowledgement; on both. */
  readonly latency?: number;
}

/** Something that happened to the connection. */
export interface NoteEntry extends Common {
  readonly kind: "note";
  readonly level: "info" | "good" | "bad";
  readonly text: string;
  /** Why, as far as somebody told. */
  readonly detail: string;
}

export type Entry = RequestEntry | ResponseEntry | FrameEntry | PacketEntry | NoteEntry;

type Unnumbered<E> = E extends Entry ? Omit<E, "seq" | "at"> : never;
/** An entry before it has its number and time. */
export type NewEntry = Unnumbered<Entry>;

/** What entries are filtered by. */
export type Category = "events" | "connection" | "heartbeat" | "http";

export function categoryOf(entry: Entry): Category {
  switch (entry.kind) {
    case "request":
    case "response":
      return "http";
    case "packet":
      return entry.type === "EVENT" || entry.type === "ACK" ? "events" : "connection";
    case "frame":
      return (entry.type === "ping" || entry.type === "pong") && entry.text !== "probe"
        ? "heartbeat"
        : "connection";
    case "note":
      return "connection";
  }
}
