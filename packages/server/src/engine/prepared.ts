/** A message that is encoded once and sent to any number of connections. */

/** One Socket.IO frame: what one Engine.IO message carries. */
export type MessageData = string | Uint8Array;

/** What makes ready frames of messages: the WebSocket layer. The result is only good for the same maker. */
export interface FrameMaker {
  prepare(messages: readonly MessageData[]): unknown;
}

const RECORD_SEPARATOR = "\u001e";

/**
 * One or more Engine.IO messages that leave together, in order (a Socket.IO packet with its attachments), and
 * what each transport made of them, remembered on first use.
 */
export class PreparedMessage {
  readonly messages: readonly MessageData[];
  #maker: FrameMaker | undefined;
  #frames: unknown;
  #payload: string | undefined;
  #byteLength = -1;

  constructor(messages: readonly MessageData[]) {
    this.messages = messages;
  }

  /** The size of the messages in bytes, without any transport's framing. */
  get byteLength(): number {
    if (this.#byteLength < 0)
      this.#byteLength = this.messages.reduce((sum, data) => sum + byteLength(data), 0);
    return this.#byteLength;
  }

  /** Ready WebSocket frames (Engine.IO v4: a text frame "4..." or a bare binary frame per message). */
  framesBy<Maker extends FrameMaker>(maker: Maker): ReturnType<Maker["prepare"]> {
    if (this.#maker !== maker) {
      this.#maker = maker;
      this.#frames = maker.prepare(this.messages.map(toFrame));
    }
    return this.#frames as ReturnType<Maker["prepare"]>;
  }

  /** The messages as part of a long-polling payload (Engine.IO v4). */
  get payload(): string {
    this.#payload ??= this.messages.map(toPayload).join(RECORD_SEPARATOR);
    return this.#payload;
  }
}

/** The number of bytes that one message's data takes. */
export function byteLength(data: MessageData): number {
  return typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
}

function toFrame(data: MessageData): MessageData {
  return typeof data === "string" ? `4${data}` : data;
}

function toPayload(data: MessageData): string {
  if (typeof data === "string") return `4${data}`;
  return `b${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`;
}
