/** Parsers written for Socket.IO's `parser` option, behind the codec port. */
import type { Binary } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import type { Codec, DecoderOptions, PacketDecoder } from "./codec.ts";
import type { Packet } from "./packet.ts";

/** What Socket.IO asks of a parser, structurally. */
export interface ParserLike {
  Encoder: new () => { encode(packet: Packet): unknown };
  Decoder: new () => ParserLikeDecoder;
}

export interface ParserLikeDecoder {
  add(frame: unknown): void;
  on(event: "decoded", listener: (packet: Packet) => void): unknown;
  destroy?(): void;
}

class AdaptedDecoder implements PacketDecoder {
  readonly #parser: ParserLike;
  readonly #onLate: ((packet: Packet) => void) | undefined;
  #decoder: ParserLikeDecoder;
  #pushing = false;
  #packet: Packet | undefined;
  awaiting = false;

  constructor(parser: ParserLike, options: DecoderOptions = {}) {
    this.#parser = parser;
    this.#onLate = options.onLate;
    this.#decoder = this.#open();
  }

  push(frame: string | Binary): Packet | undefined {
    this.#packet = undefined;
    this.#pushing = true;
    try {
      this.#decoder.add(frame);
    } catch (cause) {
      throw new ProtocolError("ERR_PARSER", "what the custom parser takes", frame, cause);
    } finally {
      this.#pushing = false;
    }
    this.awaiting = this.#packet === undefined;
    return this.#packet;
  }

  reset(): void {
    this.#decoder.destroy?.();
    this.#decoder = this.#open();
    this.awaiting = false;
  }

  #open(): ParserLikeDecoder {
    const decoder = new this.#parser.Decoder();
    decoder.on("decoded", (packet) => this.#decoded(packet));
    return decoder;
  }

  #decoded(packet: Packet): void {
    if (this.#pushing && !this.#packet) this.#packet = packet;
    else if (this.#onLate) this.#onLate(packet);
    else throw new ProtocolError("ERR_PARSER", "one packet at most, while a frame is added", "another one");
  }
}

/**
 * Puts a parser of Socket.IO's shape (`{ Encoder, Decoder }`) behind the codec port. The limits are the parser's own;
 * what it throws becomes a ProtocolError ERR_PARSER with the cause.
 */
export function adaptParser(parser: ParserLike): Codec {
  return {
    encoder() {
      const encoder = new parser.Encoder();
      return {
        encode: (packet) => encoder.encode(packet) as Array<string | Uint8Array>,
        encodeText: () => undefined,
      };
    },
    decoder: (options) => new AdaptedDecoder(parser, options),
  };
}
