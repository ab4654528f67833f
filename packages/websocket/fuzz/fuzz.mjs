/**
 * Throws generated chunks at the server: whatever comes, each connection closes once, nothing is told after that,
 * nothing is thrown, a well-behaved connection is served all along, and memory does not grow.
 *
 *   node packages/websocket/fuzz/fuzz.mjs [chunks = 10,000,000] [seed]
 */
import { Duplex } from "node:stream";
import { pathToFileURL } from "node:url";
import { deflateRawSync } from "node:zlib";
import { Refusal, WebSocketServer } from "@sockeye/websocket";

/** mulberry32, one number in [0, 2^32) per call: runs can be repeated by their seed. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const request = {
  method: "GET",
  httpVersion: "1.1",
  httpVersionMajor: 1,
  headers: {
    host: "localhost",
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
  },
};

/** A socket without a network: what is written is counted and gone. */
class Wire extends Duplex {
  written = 0;
  _read() {}
  _write(chunk, _encoding, done) {
    this.written += chunk.length;
    done();
  }
}

function maskedFrame(next, first, payload) {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  const mask = [next() & 0xff, next() & 0xff, next() & 0xff, next() & 0xff];
  const bytes = Buffer.from([first, ...length, ...mask, ...payload]);
  bytes[1] |= 0x80;
  const start = bytes.length - payload.length;
  for (let i = 0; i < payload.length; i++) bytes[start + i] ^= mask[i & 3];
  return bytes;
}

const texts = ["", "a", "Hello", "é€😀", "x".repeat(125), "y".repeat(300)].map((text) => Buffer.from(text));
const packed = texts.map((text) => deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4));

/** Bytes of one client: a stream that is right, but for a slip now and then, cut into chunks anywhere. */
class Client {
  #next;
  #left = Buffer.alloc(0);
  #isFragmented = false;

  constructor(next) {
    this.#next = next;
  }

  chunk() {
    const next = this.#next;
    while (this.#left.length === 0) this.#left = this.#mishap(this.#frame());
    const size = next() % 3 === 0 ? 1 + (next() % this.#left.length) : this.#left.length;
    const chunk = this.#left.subarray(0, size);
    this.#left = this.#left.subarray(size);
    return Buffer.from(chunk);
  }

  #frame() {
    const next = this.#next;
    const kind = next() % 64;
    const which = next() % texts.length;
    if (kind < 12) return maskedFrame(next, kind < 8 ? 0x89 : 0x8a, texts[which].subarray(0, 125));
    if (kind === 12) return maskedFrame(next, 0x88, Buffer.from([next() % 20, next() & 0xff]));
    if (kind < 32) return maskedFrame(next, this.#opening(kind < 22 ? 1 : 2), texts[which]);
    if (this.#isFragmented || kind < 40) return maskedFrame(next, this.#opening(1), texts[which]);
    return maskedFrame(next, 0xc1, packed[which]);
  }

  /** The first byte of a data frame that fits what came before. */
  #opening(opcode) {
    const isLast = this.#next() % 3 !== 0;
    const first = (isLast ? 0x80 : 0) | (this.#isFragmented ? 0 : opcode);
    this.#isFragmented = !isLast;
    return first;
  }

  /** Once in a while a bit turns, a piece is missing, or noise comes instead. */
  #mishap(bytes) {
    const next = this.#next;
    const kind = next() % 512;
    if (kind < 12) bytes[next() % bytes.length] ^= 1 << (next() % 8);
    else if (kind < 16) return bytes.subarray(0, next() % bytes.length);
    else if (kind === 16) return Buffer.from(Array.from({ length: 1 + (next() % 40) }, () => next() & 0xff));
    return bytes;
  }
}

function connect(server, next, tally) {
  const wire = new Wire();
  const connection = server.accept(request, wire, Buffer.alloc(0));
  if (connection instanceof Refusal) throw new Error(connection.text);
  const client = { wire, state: "open", bytes: new Client(next) };
  const told = () => {
    if (client.state === "closed") throw new Error("the handler was told something after close");
  };
  tally.open++;
  connection.handler = {
    received(data) {
      told();
      tally.messages++;
      const whim = next() % 256;
      if (whim < 200) connection.send(data);
      else if (whim === 254) connection.close(4000);
      else if (whim === 255) connection.terminate();
    },
    drained: told,
    failed(error) {
      told();
      tally.errors.set(error.code, (tally.errors.get(error.code) ?? 0) + 1);
    },
    closed() {
      told();
      client.state = "closed";
      tally.open--;
      tally.closed++;
    },
  };
  return client;
}

async function untilSettled(tally) {
  for (let turns = 0; tally.open > 0; turns++) {
    if (turns > 100_000) throw new Error(`${tally.open} connections hang`);
    await new Promise(setImmediate);
  }
}

/** A connection that does everything right: it has to get each of its messages back. */
async function wellBehaved(server, next) {
  const wire = new Wire();
  const connection = server.accept(request, wire, Buffer.alloc(0));
  let echoed;
  connection.handler = { received: (data) => (echoed = data), drained() {}, closed() {}, failed() {} };
  return async (round) => {
    wire.push(maskedFrame(next, 0x81, Buffer.from(`round ${round}`)));
    await new Promise(setImmediate);
    if (echoed !== `round ${round}`) throw new Error(`the well-behaved connection was not served: ${echoed}`);
  };
}

/** @returns {Promise<{ closed: number, messages: number, errors: Map<string, number>, grown: number }>} */
export async function fuzz(count, seed = 1, report = () => {}) {
  const next = generator(seed);
  const server = new WebSocketServer({
    maxPayload: 1000,
    maxFragments: 20,
    closeTimeout: 1000,
    perMessageDeflate: { threshold: 16 },
  });
  const tally = { open: 0, closed: 0, messages: 0, errors: new Map() };
  const check = await wellBehaved(server, next);
  let clients = [];
  let baseline = 0;
  for (let sent = 0, round = 0; sent < count; round++) {
    while (clients.length < 50) clients.push(connect(server, next, tally));
    for (const { wire, bytes } of clients) {
      for (let burst = 1 + (next() % 8); burst > 0; burst--, sent++) wire.push(bytes.chunk());
      const fate = next() % 512;
      if (fate === 0) wire.push(null);
      else if (fate === 1) wire.destroy();
      else if (fate === 2) wire.destroy(new Error("reset"));
    }
    await check(round);
    clients = clients.filter(({ wire, state }) => {
      // The other side ends as well once it saw our FIN.
      if (wire.writableEnded && !wire.readableEnded) wire.push(null);
      return state === "open" && !wire.writableEnded && !wire.destroyed;
    });
    if (round % 2000 === 500) {
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      baseline ||= heapUsed + external;
      report(sent, tally, heapUsed + external - baseline);
    }
  }
  for (const { wire } of clients) wire.destroy();
  await untilSettled(tally);
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const grown = baseline === 0 ? 0 : heapUsed + external - baseline;
  return { closed: tally.closed, messages: tally.messages, errors: tally.errors, grown };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const count = Number(process.argv[2] ?? 10_000_000);
  const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
  console.log(`websocket: ${count.toLocaleString("en")} chunks, seed ${seed}`);
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--expose-gc");
  globalThis.gc ??= (await import("node:vm")).runInNewContext("gc");
  const started = Date.now();
  const result = await fuzz(count, seed, (sent, tally, grown) => {
    const seconds = Math.round((Date.now() - started) / 1000);
    process.stdout.write(
      `\r${sent.toLocaleString("en")} chunks, ${tally.closed} closed, ${grown >> 10} KiB, ${seconds} s  `,
    );
  });
  console.log(
    "\n",
    Object.fromEntries(result.errors),
    `${result.messages} messages, ${result.closed} connections`,
  );
  if (result.grown > 50_000_000) throw new Error(`memory grew by ${result.grown} bytes`);
}
