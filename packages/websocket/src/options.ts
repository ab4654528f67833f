/** Options of a WebSocket server: what the user may say, and what is made of it. */
import { constants } from "node:buffer";
import { deflateRawSync, inflateRawSync, type ZlibOptions } from "node:zlib";
import type { ReaderLimits } from "./frame-reader.ts";
import { Limiter } from "./limiter.ts";
import type { TimeSource } from "./port.ts";

/** permessage-deflate (RFC 7692), with the names and meanings of `ws`. */
export interface PerMessageDeflateOptions {
  /** Compress each of our messages on its own: less memory, worse compression. Default: as the client asks. */
  serverNoContextTakeover?: boolean | undefined;
  /** Have the client compress each message on its own. Default: as the client offers. */
  clientNoContextTakeover?: boolean | undefined;
  /** Size of our window, 8 to 15. Default: as the client asks, else 15. */
  serverMaxWindowBits?: number | undefined;
  /** Size of the client's window, 8 to 15; clients that cannot limit it get no compression. Default: 15. */
  clientMaxWindowBits?: number | undefined;
  /** Options for compressing, such as `level` and `memLevel`. */
  zlibDeflateOptions?: ZlibOptions | undefined;
  /** Options for decompressing, such as `chunkSize`. */
  zlibInflateOptions?: ZlibOptions | undefined;
  /** Messages below so many bytes are sent uncompressed. Default: 1024. */
  threshold?: number | undefined;
  /** How many large messages of all connections are with the thread pool at the same time. Default: 10. */
  concurrencyLimit?: number | undefined;
}

export interface WebSocketServerOptions {
  /** The most bytes of a message, also after decompression; a larger one closes with 1009. Default: 1,048,576. */
  maxPayload?: number | undefined;
  /** The most frames of one message, empty ones included; one more closes with 1008. Default: 131,072. */
  maxFragments?: number | undefined;
  /** Milliseconds from a Close frame to the end of the TCP connection, at most. Default: 30,000. */
  closeTimeout?: number | undefined;
  /** Whether and how to agree on compression. Default: false (it costs memory). */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Default: the platform's timers. */
  clock?: TimeSource | undefined;
}

/** What the connections of one server have in common. */
export interface Settings extends ReaderLimits {
  readonly closeTimeout: number;
  readonly clock: TimeSource;
  readonly deflate: DeflateSettings | undefined;
}

export interface DeflateSettings {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
  readonly zlibDeflateOptions: ZlibOptions;
  readonly zlibInflateOptions: ZlibOptions;
  readonly threshold: number;
  /** One for all connections of the server. */
  readonly limiter: Limiter;
}

const platformClock: TimeSource = {
  setTimeout: (task, ms) => setTimeout(task, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** @throws RangeError if a number is not one the option takes, or what zlib throws at its options. */
export function settle(options: WebSocketServerOptions): Settings {
  const { perMessageDeflate } = options;
  return {
    maxPayload: integer("maxPayload", options.maxPayload ?? 1_048_576, 1, constants.MAX_LENGTH),
    maxFragments: integer("maxFragments", options.maxFragments ?? 131_072, 1, Number.MAX_SAFE_INTEGER),
    closeTimeout: integer("closeTimeout", options.closeTimeout ?? 30_000, 0, 2 ** 31 - 1),
    clock: options.clock ?? platformClock,
    deflate: perMessageDeflate
      ? settleDeflate(perMessageDeflate === true ? {} : perMessageDeflate)
      : undefined,
  };
}

function settleDeflate(options: PerMessageDeflateOptions): DeflateSettings {
  // Options that zlib refuses are refused here rather than with the first message.
  deflateRawSync("", options.zlibDeflateOptions);
  inflateRawSync(Buffer.from([0x03, 0x00]), options.zlibInflateOptions);
  return {
    serverNoContextTakeover: options.serverNoContextTakeover ?? false,
    clientNoContextTakeover: options.clientNoContextTakeover ?? false,
    serverMaxWindowBits: integer("serverMaxWindowBits", options.serverMaxWindowBits ?? 15, 8, 15),
    clientMaxWindowBits: integer("clientMaxWindowBits", options.clientMaxWindowBits ?? 15, 8, 15),
    zlibDeflateOptions: options.zlibDeflateOptions ?? {},
    zlibInflateOptions: options.zlibInflateOptions ?? {},
    threshold: integer("threshold", options.threshold ?? 1024, 0, Number.MAX_SAFE_INTEGER),
    limiter: new Limiter(
      integer("concurrencyLimit", options.concurrencyLimit ?? 10, 1, Number.MAX_SAFE_INTEGER),
    ),
  };
}

function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`expected ${name} to be an integer from ${least} to ${most}, got ${value}`);
}
