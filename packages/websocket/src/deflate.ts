/**
 * Messages to and from DEFLATE (RFC 7692, 7.2). What "context takeover" keeps between messages is their last 32 KiB
 * in plain: given to zlib as a dictionary, they replace the two live zlib streams of a connection, which take some
 * 300 KiB instead of at most 64; and small messages, done at once, cost a fraction of a trip to the thread pool.
 */
import {
  constants,
  deflateRaw,
  deflateRawSync,
  inflateRaw,
  inflateRawSync,
  type ZlibOptions,
} from "node:zlib";
import { closeCodes, tooBig, WebSocketError } from "./frame.ts";
import type { Limiter } from "./limiter.ts";
import { SlidingWindow } from "./sliding-window.ts";

/** One direction of a connection. */
export interface DeflateDirection {
  readonly windowBits: number;
  readonly contextTakeover: boolean;
  readonly zlib: ZlibOptions;
  readonly limiter: Limiter;
}

/** Told how it went; exactly one of both is there. */
export type Done = (error: Error | undefined, bytes: Buffer) => void;

/** Up to so many bytes of input are done within the turn, ~0.1 ms; more goes to the thread pool. */
const longestAtOnce = 16_384;
/** Input done within the turn may inflate to so many bytes before it goes to the thread pool after all. */
const mostAtOnce = 65_536;

/** What a sync flush ends with: left out on the wire, and put back (RFC 7692, 7.2.1, 7.2.2). */
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const none = Buffer.alloc(0);

export class Deflater {
  readonly #direction: DeflateDirection;
  readonly #window: SlidingWindow | undefined;

  constructor(direction: DeflateDirection) {
    this.#direction = direction;
    this.#window = direction.contextTakeover ? new SlidingWindow(2 ** direction.windowBits) : undefined;
  }

  static isSmall(message: Uint8Array): boolean {
    return message.length <= longestAtOnce;
  }

  /** The payload of a message that is small; undefined if it is better sent as it is. */
  deflateNow(message: Uint8Array): Buffer | undefined {
    return this.#finish(message, deflateRawSync(message, zlibOptions(this.#direction, this.#window)));
  }

  /** As {@link deflateNow}, for a message of any size. One at a time. */
  deflate(message: Uint8Array, done: (payload: Buffer | undefined) => void): void {
    this.#direction.limiter.run((leave) => {
      deflateRaw(message, zlibOptions(this.#direction, this.#window), (error, deflated) => {
        leave();
        // DEFLATE can say everything; what fails is memory, and the message is then sent as it is.
        done(error === null ? this.#finish(message, deflated) : undefined);
      });
    });
  }

  // The window holds what the peer inflated: a message sent as it is does not count.
  #finish(message: Uint8Array, deflated: Buffer): Buffer | undefined {
    const payload = deflated.subarray(0, -tail.length);
    if (payload.length >= message.length) return undefined;
    this.#window?.push(message);
    return payload;
  }
}

export class Inflater {
  readonly #direction: DeflateDirection;
  readonly #window: SlidingWindow | undefined;
  readonly #maxPayload: number;

  constructor(direction: DeflateDirection, maxPayload: number) {
    this.#direction = direction;
    this.#window = direction.contextTakeover ? new SlidingWindow(2 ** direction.windowBits) : undefined;
    this.#maxPayload = maxPayload;
  }

  /**
   * The message, or undefined if it is too large to be inflated within the turn.
   * @throws WebSocketError 1007 if it is not DEFLATE, 1009 if it exceeds maxPayload.
   */
  inflateNow(payload: Buffer): Buffer | undefined {
    if (payload.length > longestAtOnce) return undefined;
    const limit = Math.min(mostAtOnce, this.#maxPayload);
    try {
      return this.#remember(inflateRawSync(Buffer.concat([payload, tail]), this.#options(limit)));
    } catch (error) {
      if (isTooLarge(error) && limit < this.#maxPayload) return undefined;
      throw this.#explain(error);
    }
  }

  /** As {@link inflateNow}, for a message of any size. One at a time. */
  inflate(payload: Buffer, done: Done): void {
    this.#direction.limiter.run((leave) => {
      inflateRaw(Buffer.concat([payload, tail]), this.#options(this.#maxPayload), (error, message) => {
        leave();
        if (error === null) done(undefined, this.#remember(message));
        else done(this.#explain(error), none);
      });
    });
  }

  // zlib stops at the limit: a bomb costs no more memory than a message of that size.
  #options(limit: number): ZlibOptions {
    return { ...zlibOptions(this.#direction, this.#window), maxOutputLength: limit };
  }

  #remember(message: Buffer): Buffer {
    this.#window?.push(message);
    return message;
  }

  #explain(error: unknown): Error {
    if (isTooLarge(error)) return tooBig(this.#maxPayload, this.#maxPayload + 1);
    const message = `expected a DEFLATE payload, got other bytes (${error instanceof Error ? error.message : error})`;
    return new WebSocketError("ERR_DEFLATE", closeCodes.invalidData, message, { cause: error });
  }
}

function zlibOptions(direction: DeflateDirection, window: SlidingWindow | undefined): ZlibOptions {
  const { zlib, windowBits } = direction;
  const options = { ...zlib, info: false, windowBits, finishFlush: constants.Z_SYNC_FLUSH };
  return window === undefined || window.bytes.length === 0
    ? options
    : { ...options, dictionary: window.bytes };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
