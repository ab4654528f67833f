/** MessagePack in place of JSON: `io(url, { parser: msgpackParser })`, to servers that speak it too. */
import type { Codec, Packet } from "@sockeye/protocol";
import { msgpackCodec } from "@sockeye/protocol/msgpack";
import type { RawData } from "./wire/engine.ts";

/** What the option `parser` takes. */
export interface Parser {
  Encoder: new () => { encode(packet: Packet): RawData[] };
  Decoder: new () => {
    on(event: "decoded", listener: (packet: Packet) => void): void;
    add(message: RawData): void;
    destroy(): void;
  };
}

/** Gives a codec of @sockeye/protocol the interface of socket.io-parser. */
export function parserOf(codec: Codec): Parser {
  class Encoder {
    private readonly encoder_ = codec.encoder();

    encode(packet: Packet): RawData[] {
      return this.encoder_.encode(packet);
    }
  }
  class Decoder {
    private readonly decoder_ = codec.decoder();
    private listener_: (packet: Packet) => void = () => {};

    on(_event: "decoded", listener: (packet: Packet) => void): void {
      this.listener_ = listener;
    }

    add(message: RawData): void {
      const packet = this.decoder_.push(message);
      if (packet) this.listener_(packet);
    }

    destroy(): void {
      this.decoder_.reset();
    }
  }
  return { Encoder, Decoder };
}

/** Wire compatible with socket.io-msgpack-parser. */
export const msgpackParser: Parser = /* @__PURE__ */ parserOf(msgpackCodec);
