/** Hostile inputs from a seed, and what must hold for each: a packet, or a ProtocolError. */

/** mulberry32: small, and the same numbers everywhere. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SOCKET_TEXTS = [
  '2["hello",1]',
  '2/admin,12["hello",{"a":[1,2,{"b":null}]}]',
  '31["reply",true]',
  '0{"token":"123"}',
  "0/admin?x=1,{}",
  '4{"message":"no","data":{}}',
  "1/admin,",
  '51-["up",{"_placeholder":true,"num":0}]',
  '52-/nsp,7["up",{"a":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]',
  '61-3[{"_placeholder":true,"num":0}]',
];
const ENGINE_TEXTS = ["0{}", "2probe", "3probe", "4hello", "5", "6", "1", "bAQID", "bAA==", "4é😀"];
const HANDSHAKE =
  '{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
const V3_TEXTS = ["6:4hello10:b4AQIDBAU=", "1:2", "0:", "2:4é3:4😀", "6:2probe"];

/** What attacks are made of. */
const TOKENS = [
  "__proto__",
  '"__proto__":{"x":1}',
  "constructor",
  '{"_placeholder":true,"num":0}',
  '{"_placeholder":true,"num":-1}',
  '{"_placeholder":true,"num":"length"}',
  '{"_placeholder":true,"num":1.5}',
  '"connect"',
  '"error"',
  "99999999999999999999",
  "-1",
  "1e999",
  "[[[[[[[[",
  "{".repeat(30),
  "[".repeat(1200),
  '{"a":'.repeat(700),
  "50-",
  "5-",
  "11-",
  ",",
  "/",
  "?",
  ":",
  "=",
  "b",
  "\x1e",
  "\0",
  "\ud800",
  "null",
  '"',
  "\\",
  " ",
];

const BINARY_SEEDS = [
  [
    0x83,
    0xa4,
    ..."type".split("").map((c) => c.charCodeAt(0)),
    2,
    0xa3,
    0x6e,
    0x73,
    0x70,
    0xa1,
    0x2f,
    0xa4,
    0x64,
    0x61,
    0x74,
    0x61,
    0x92,
    0xa1,
    0x61,
    1,
  ],
  [
    0x83, 0xa4, 0x74, 0x79, 0x70, 0x65, 3, 0xa3, 0x6e, 0x73, 0x70, 0xa1, 0x2f, 0xa4, 0x64, 0x61, 0x74, 0x61,
    0x92, 0xd7, 0, 0, 0, 0, 0, 0, 0, 3, 0xe8, 0xc4, 2, 1, 2,
  ],
  [5, 0x34, 0x68, 0x65, 0x6c, 0x6c, 0x82, 1, 2, 1, 0x32],
  [126, 0, 3, 0x34, 0x61, 0x62],
  [127, 0, 0, 0, 0, 0, 0, 0, 2, 0x34, 0x61],
  [0, 2, 255, 0x34, 0x61, 1, 3, 255, 4, 1, 2],
  [1, 1, 0, 255, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9],
];

/** Makes one input after the other. */
class Hostile {
  constructor(seed) {
    this.random = randomFrom(seed);
  }

  below(limit) {
    return Math.floor(this.random() * limit);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** A valid text after up to four mutations; sometimes plain noise. */
  text(seeds) {
    let text = this.random() < 0.05 ? this.noise() : this.pick(seeds);
    for (let i = this.below(5); i > 0; i--) text = this.mutateText(text, seeds);
    return text.slice(0, 20_000);
  }

  noise() {
    return String.fromCharCode(
      ...Array.from({ length: this.below(40) }, () => this.below(this.random() < 0.8 ? 128 : 65536)),
    );
  }

  mutateText(text, seeds) {
    const at = this.below(text.length + 1);
    const end = at + this.below(6);
    switch (this.below(6)) {
      case 0:
        return text.slice(0, at) + this.pick(TOKENS) + text.slice(at);
      case 1:
        return text.slice(0, at) + this.pick(TOKENS) + text.slice(end);
      case 2:
        return text.slice(0, at) + text.slice(end);
      case 3:
        return text.slice(0, at);
      case 4:
        return text.slice(0, at) + String.fromCharCode(this.below(128)) + text.slice(at + 1);
      default:
        return text.slice(0, at) + this.pick(seeds).slice(this.below(10));
    }
  }

  bytes() {
    let bytes =
      this.random() < 0.1
        ? Array.from({ length: this.below(40) }, () => this.below(256))
        : [...this.pick(BINARY_SEEDS)];
    for (let i = this.below(5); i > 0; i--) bytes = this.mutateBytes(bytes);
    return Uint8Array.from(bytes);
  }

  mutateBytes(bytes) {
    const at = this.below(bytes.length + 1);
    switch (this.below(4)) {
      case 0:
        return [...bytes.slice(0, at), this.below(256), ...bytes.slice(at + 1)];
      case 1:
        return [
          ...bytes.slice(0, at),
          this.pick([0x81, 0x91, 0xdd, 0xdf, 0xc6, 0xdb, 0xc9, 0xff, 0xd4, 127]),
          ...bytes.slice(at),
        ];
      case 2:
        return bytes.slice(0, at);
      default:
        return [...bytes, ...this.pick(BINARY_SEEDS).slice(0, this.below(20))];
    }
  }
}

/** Each takes one input through one entrance of the package, and tells what the input was. */
const ENTRANCES = {
  socket({ core }, hostile) {
    const decoder = core.jsonCodec.decoder({ maxBytes: 10_000 });
    const frames = Array.from({ length: 1 + hostile.below(4) }, (_, i) =>
      i > 0 && hostile.random() < 0.8 ? hostile.bytes() : hostile.text(SOCKET_TEXTS),
    );
    return [frames, () => frames.map((frame) => checkPacket(decoder.push(frame)))];
  },
  socketBare({ core }, hostile) {
    const text = hostile.text(SOCKET_TEXTS);
    return [text, () => checkPacket(new core.Decoder().push(text))];
  },
  frame({ core }, hostile) {
    const text = hostile.text(ENGINE_TEXTS);
    return [text, () => core.decodePacket(text)];
  },
  payload({ core, base64 }, hostile) {
    const body = Array.from({ length: 1 + hostile.below(4) }, () => hostile.text(ENGINE_TEXTS)).join("\x1e");
    return [
      body,
      () =>
        core.decodePayload(body, { base64: hostile.random() < 0.5 ? base64 : undefined, maxPackets: 100 }),
    ];
  },
  stream({ core }, hostile) {
    const decoder = new core.FrameStreamDecoder(1_000);
    const chunks = Array.from({ length: 1 + hostile.below(6) }, () => hostile.bytes());
    return [chunks, () => chunks.map((chunk) => decoder.push(chunk))];
  },
  handshake({ core }, hostile) {
    const text = hostile.text([HANDSHAKE]);
    return [text, () => core.decodeHandshake(text)];
  },
  v3Text({ v3 }, hostile) {
    const body = hostile.text(V3_TEXTS);
    return [body, () => v3.decodePayload(body)];
  },
  v3Bytes({ v3 }, hostile) {
    const body = hostile.bytes();
    return [body, () => v3.decodePayload(body)];
  },
  v3Frame({ v3 }, hostile) {
    const frame = hostile.random() < 0.5 ? hostile.bytes() : hostile.text(["b4AQID", ...ENGINE_TEXTS]);
    return [frame, () => v3.decodePacket(frame)];
  },
  msgpack({ msgpack }, hostile) {
    const frame = hostile.random() < 0.02 ? hostile.text(SOCKET_TEXTS) : hostile.bytes();
    return [frame, () => checkPacket(msgpack.msgpackCodec.decoder().push(frame))];
  },
};

function checkPacket(packet) {
  if (packet === undefined) return;
  const { type, nsp, id } = packet;
  const sane = type >= 0 && type <= 4 && typeof nsp === "string" && !nsp.includes("?");
  if (!sane || !(id === undefined || (Number.isSafeInteger(id) && id >= 0)))
    throw new Error("a packet that cannot be");
}

/**
 * Runs `count` inputs and returns how many became packets and how many were refused, by code. Throws, with the input,
 * when one ends in anything else.
 */
export function fuzz(modules, count, seed = 1) {
  const hostile = new Hostile(seed);
  const entrances = Object.values(ENTRANCES);
  const outcome = { packets: 0, refused: {} };
  for (let i = 0; i < count; i++) {
    const [input, run] = entrances[i % entrances.length](modules, hostile);
    try {
      run();
      outcome.packets++;
    } catch (error) {
      const fine = error instanceof modules.core.ProtocolError && error.message.length < 400;
      if (!fine) throw new Error(`seed ${seed}, input ${i}: ${JSON.stringify(input)}`, { cause: error });
      outcome.refused[error.code] = (outcome.refused[error.code] ?? 0) + 1;
    }
  }
  if (Object.keys(Object.prototype).length || "x" in {})
    throw new Error("the prototype of all objects was changed");
  return outcome;
}
