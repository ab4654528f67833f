/** Socket.IO packets as they are seen from outside: read for display, never handed to anybody. */

/** A packet with what a log keeps of it. */
export interface SeenPacket {
  type: number;
  namespace: string;
  id: number | undefined;
  /** The payload as JSON. */
  text: string;
  attachments: number[];
  bytes: number;
}

/** Reads one direction of a connection. */
export interface PacketReader {
  /** Takes a message; returns the packet that it completes. */
  push(message: unknown, bytes: number): SeenPacket | undefined;
  /** The connection is another one. */
  reset(): void;
}

/** The part of a custom parser that a reader needs. */
export interface ParserLike {
  Decoder: new () => {
    on(event: "decoded", listener: (packet: DecodedPacket) => void): unknown;
    add(message: unknown): unknown;
    destroy?(): void;
  };
}

interface DecodedPacket {
  type: number;
  nsp: string;
  id?: number | undefined;
  data?: unknown;
}

// Socket.IO protocol, "Packet encoding". Binary types, 5 and 6, are shown as the plain ones.
const HEAD = /^([0-6])(?:(\d+)-)?(?:(\/[^,?]*)(?:\?[^,]*)?(?:,|$))?(\d*)/;

export function textReader(): PacketReader {
  let packet: SeenPacket | undefined;
  let missing = 0;
  return {
    push(message, bytes) {
      if (typeof message === "string") {
        const [head = "", type = "-1", count = 0, namespace = "/", id] = HEAD.exec(message) ?? [];
        missing = Number(count);
        packet = {
          type: Number(type) - (Number(type) > 4 ? 3 : 0),
          namespace,
          id: id ? Number(id) : undefined,
          text: message.slice(head.length),
          attachments: [],
          bytes,
        };
      } else if (packet) {
        packet.attachments.push(sizeOf(message));
        packet.bytes += bytes;
        missing--;
      }
      if (!packet || missing > 0) return;
      const complete = packet;
      packet = undefined;
      return complete;
    },
    reset() {
      packet = undefined;
    },
  };
}

/** Reads with a decoder of the application's own parser, beside the one that the client uses. */
export function parserReader(parser: ParserLike): PacketReader {
  let seen: SeenPacket | undefined;
  let bytes = 0;
  const unreadable = (): SeenPacket => {
    const packet = { type: -1, namespace: "/", id: undefined, text: "", attachments: [], bytes };
    bytes = 0;
    return packet;
  };
  const create = (): InstanceType<ParserLike["Decoder"]> => {
    const decoder = new parser.Decoder();
    decoder.on("decoded", ({ type, nsp, id, data }) => {
      const { text, attachments } = toText(data);
      seen = { type: type > 4 ? type - 3 : type, namespace: nsp, id, text, attachments, bytes };
      bytes = 0;
    });
    return decoder;
  };
  let decoder = create();
  return {
    push(message, size) {
      seen = undefined;
      bytes += size;
      try {
        decoder.add(message);
      } catch {
        // The client will say so by itself, by closing the connection.
        return unreadable();
      }
      return seen;
    },
    reset() {
      decoder.destroy?.();
      decoder = create();
      bytes = 0;
    },
  };
}

/** Values as JSON, binary as placeholders with the sizes told apart. */
function toText(data: unknown): { text: string; attachments: number[] } {
  const attachments: number[] = [];
  const text = JSON.stringify(data, function (this: Record<string, unknown>, key, value) {
    // Before toJSON, which some binary types have.
    const raw = this[key];
    if (!isBinary(raw)) return typeof value === "bigint" ? String(value) : value;
    return { _placeholder: true, num: attachments.push(sizeOf(raw)) - 1 };
  });
  return { text: text ?? "", attachments };
}

const isBinary = (value: unknown): boolean =>
  value instanceof ArrayBuffer ||
  ArrayBuffer.isView(value) ||
  (typeof Blob === "function" && value instanceof Blob);

/** Bytes of something binary. */
export function sizeOf(data: unknown): number {
  const { byteLength, size } = data as { byteLength?: number; size?: number };
  return byteLength ?? size ?? 0;
}

/** Bytes of a text in UTF-8, counted without encoding it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Two units of a pair make four bytes.
    if (unit > 0x7ff) bytes += unit >= 0xd800 && unit < 0xe000 ? 1 : 2;
    else if (unit > 0x7f) bytes++;
  }
  return bytes;
}
