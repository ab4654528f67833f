/** permessage-deflate of one connection: which messages are compressed, and the order of all of them. */
import { Deflater, type Done, Inflater } from "./deflate.ts";
import type { DeflateAgreement } from "./deflate-offer.ts";
import { PreparedFrames, rsv1, whole } from "./frame-writer.ts";
import type { DeflateSettings } from "./options.ts";
import type { Outbox } from "./outbox.ts";

export class Compression {
  readonly #outbox: Outbox;
  readonly #threshold: number;
  readonly #deflater: Deflater;
  readonly #inflater: Inflater;
  /** What was asked for while the thread pool has a message, in order. */
  #waiting: Array<() => void> = [];
  #state: "idle" | "busy" | "discarded" = "idle";
  #pending = 0;

  constructor(outbox: Outbox, agreement: DeflateAgreement, settings: DeflateSettings, maxPayload: number) {
    const { limiter } = settings;
    this.#outbox = outbox;
    this.#threshold = settings.threshold;
    this.#deflater = new Deflater({
      windowBits: agreement.serverWindowBits,
      contextTakeover: !agreement.serverNoContextTakeover,
      zlib: settings.zlibDeflateOptions,
      limiter,
    });
    const incoming = {
      windowBits: agreement.clientWindowBits,
      contextTakeover: !agreement.clientNoContextTakeover,
      zlib: settings.zlibInflateOptions,
      limiter,
    };
    this.#inflater = new Inflater(incoming, maxPayload);
  }

  /** Bytes of messages that are not yet in the outbox. */
  get pending(): number {
    return this.#pending;
  }

  send(data: string | Uint8Array | PreparedFrames, compress: boolean): void {
    if (data instanceof PreparedFrames) this.#sendPrepared(data, compress);
    else if (compress && !this.#isShort(data)) {
      this.#inOrder(data.length, () => this.#sendCompressed(data));
    } else if (this.#state === "idle") this.#sendPlain(data);
    else this.#inOrder(data.length, () => this.#sendPlain(data));
  }

  /** Runs a task, such as sending the Close frame, behind all messages so far. */
  afterAll(task: () => void): void {
    this.#inOrder(0, task);
  }

  inflateNow(payload: Buffer): Buffer | undefined {
    return this.#inflater.inflateNow(payload);
  }

  inflate(payload: Buffer, done: Done): void {
    this.#inflater.inflate(payload, done);
  }

  /** Sends nothing any more. */
  discard(): void {
    this.#state = "discarded";
    this.#waiting = [];
    this.#pending = 0;
  }

  /** An empty message is never compressed: DEFLATE would only make it longer. */
  #isShort(data: string | Uint8Array): boolean {
    const length = typeof data === "string" ? Buffer.byteLength(data) : data.length;
    return length === 0 || length < this.#threshold;
  }

  #sendPrepared(frames: PreparedFrames, compress: boolean): void {
    if (compress && frames.messages.some((message) => !this.#isShort(message))) {
      for (const message of frames.messages) this.send(message, compress);
    } else this.#inOrder(frames.size, () => this.#outbox.prepared(frames));
  }

  #sendPlain(data: string | Uint8Array): void {
    if (typeof data === "string") this.#outbox.text(data);
    else this.#outbox.binary(data);
  }

  #sendCompressed(data: string | Uint8Array): void {
    const message = typeof data === "string" ? Buffer.from(data) : data;
    const first = typeof data === "string" ? whole.text : whole.binary;
    if (Deflater.isSmall(message)) this.#sendPayload(first, message, this.#deflater.deflateNow(message));
    else this.#sendLarge(first, message);
  }

  #sendLarge(first: number, message: Uint8Array): void {
    this.#state = "busy";
    this.#pending += message.length;
    this.#deflater.deflate(message, (payload) => {
      if (this.#state === "discarded") return;
      this.#pending -= message.length;
      this.#state = "idle";
      this.#sendPayload(first, message, payload);
      this.#catchUp();
    });
  }

  #sendPayload(first: number, message: Uint8Array, payload: Buffer | undefined): void {
    if (payload === undefined) this.#outbox.bytes(first, message);
    else this.#outbox.bytes(first | rsv1, payload);
  }

  #inOrder(size: number, task: () => void): void {
    if (this.#state === "idle") task();
    else if (this.#state === "busy") {
      this.#pending += size;
      this.#waiting.push(() => {
        this.#pending -= size;
        task();
      });
    }
  }

  #catchUp(): void {
    const waiting = this.#waiting;
    let next = 0;
    while (this.#state === "idle" && next < waiting.length) waiting[next++]?.();
    if (this.#state !== "discarded") this.#waiting = waiting.slice(next);
  }
}
