/** What a connection sends in one turn of the event loop, collected so that it leaves in one write. */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { header, longestHeader, PreparedFrames, whole, writeBytes, writeText } from "./frame-writer.ts";
import { surface } from "./surface.ts";

/** Who flushes its outbox when the turn ends, and hears when all of it is with the operating system. */
export interface OutboxOwner {
  endOfTurn(): void;
  drained(): void;
}

/** Texts of at most so many UTF-16 units, and binary messages of so many bytes, are copied to the slab. */
const longestSmallText = 8_192;
const longestSmallBytes = 16_384;
const slabSize = 65_536;
const nothing = new Uint8Array(0);

/*
 * One slab for all connections: small frames are written one behind the other, and the run of frames of one
 * connection is one chunk for its socket. Once every socket has handed its runs to the operating system, which is
 * nearly always at the end of the same turn, the slab starts over; so sending allocates no memory of its own.
 */
let slab = Buffer.allocUnsafeSlow(slabSize);
let slabEnd = 0;
let slabKept = false;
let runOwner: Outbox | undefined;
let runStart = 0;

let turn: OutboxOwner[] = [];
let emptyTurn: OutboxOwner[] = [];

function atEndOfTurn(owner: OutboxOwner): void {
  if (turn.push(owner) === 1) setImmediate(endTurn);
}

function endTurn(): void {
  const ending = turn;
  turn = emptyTurn;
  for (const owner of ending) {
    try {
      owner.endOfTurn();
    } catch (error) {
      // A socket that throws, such as one wrapped by a tracer, keeps no other connection waiting.
      surface(error);
    }
  }
  ending.length = 0;
  emptyTurn = ending;
  // What was sent meanwhile lies in the slab already and belongs to the next turn.
  if (!slabKept && turn.length === 0) slabEnd = 0;
}

export class Outbox {
  readonly #socket: Duplex;
  readonly #owner: OutboxOwner;
  #first: Uint8Array | undefined;
  #more: Uint8Array[] | undefined;
  #queued = 0;
  #awaitingDrain = false;

  constructor(socket: Duplex, owner: OutboxOwner) {
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Bytes not yet with the operating system. */
  get size(): number {
    return this.#queued + this.#socket.writableLength;
  }

  /** Bytes that wait for the end of the turn. */
  get queued(): number {
    return this.#queued;
  }

  text(text: string): void {
    if (text.length > longestSmallText) {
      this.raw(new PreparedFrames([text]).bytes);
      return;
    }
    const at = this.#claim(longestHeader + text.length * 3);
    slabEnd = writeText(slab, at, text);
    this.#grow(slabEnd - at);
  }

  /** A frame whose first byte is `first`; a large payload is sent from where it lies. */
  bytes(first: number, payload: Uint8Array): void {
    if (payload.length > longestSmallBytes) {
      this.raw(header(first, payload.length));
      this.raw(payload);
      return;
    }
    const at = this.#claim(longestHeader + payload.length);
    slabEnd = writeBytes(slab, at, first, payload);
    this.#grow(slabEnd - at);
  }

  binary(payload: Uint8Array): void {
    this.bytes(whole.binary, payload);
  }

  prepared(frames: PreparedFrames): void {
    if (frames.bytes.length > 0) this.raw(frames.bytes);
  }

  /** Text of one byte per character, such as HTTP's, in front of the frames of this turn. */
  latin1(text: string): void {
    if (text.length > longestSmallText) {
      this.raw(Buffer.from(text, "latin1"));
      return;
    }
    const at = this.#claim(text.length);
    slabEnd = at + slab.write(text, at, "latin1");
    this.#grow(slabEnd - at);
  }

  /** Bytes that are ready for the wire. */
  raw(bytes: Uint8Array): void {
    if (runOwner === this) this.#seal();
    this.#add(bytes);
    this.#grow(bytes.length);
  }

  /** Hands everything to the socket, in one write. */
  flush(): void {
    if (runOwner === this) this.#seal();
    const first = this.#first;
    const more = this.#more;
    const queued = this.#queued;
    this.discard();
    if (first === undefined) return;
    if (more === undefined) this.#write(first);
    else if (queued <= longestSmallBytes) this.#socket.write(Buffer.concat([first, ...more], queued));
    else this.#writeEach(first, more);
    this.#awaitDrain();
  }

  /** Forgets what waits for the end of the turn. */
  discard(): void {
    if (runOwner === this) runOwner = undefined;
    this.#first = undefined;
    this.#more = undefined;
    this.#queued = 0;
  }

  #claim(room: number): number {
    if (slabEnd + room > slabSize) {
      Outbox.#sealRun();
      slab = Buffer.allocUnsafeSlow(slabSize);
      slabEnd = 0;
      slabKept = false;
    }
    if (runOwner !== this) {
      Outbox.#sealRun();
      runOwner = this;
      runStart = slabEnd;
    }
    return slabEnd;
  }

  static #sealRun(): void {
    if (runOwner !== undefined) runOwner.#seal();
  }

  #seal(): void {
    runOwner = undefined;
    this.#add(slab.subarray(runStart, slabEnd));
  }

  #add(chunk: Uint8Array): void {
    if (this.#first === undefined) this.#first = chunk;
    else if (this.#more === undefined) this.#more = [chunk];
    else this.#more.push(chunk);
  }

  #grow(bytes: number): void {
    if (this.#queued === 0) atEndOfTurn(this.#owner);
    this.#queued += bytes;
  }

  #writeEach(first: Uint8Array, more: Uint8Array[]): void {
    this.#socket.cork();
    this.#write(first);
    for (const chunk of more) this.#write(chunk);
    this.#socket.uncork();
  }

  #write(chunk: Uint8Array): void {
    const socket = this.#socket;
    if (chunk.buffer !== slab.buffer) socket.write(chunk);
    // It will wait for a slow peer: let it not keep the whole slab.
    else if (socket.writableLength > 0) socket.write(new Uint8Array(chunk));
    else {
      socket.write(chunk);
      if (socket.writableLength > 0 || !(socket instanceof Socket)) slabKept = true;
    }
  }

  /*
   * A socket emits "drain" only after its high-water mark was reached; an empty write behind the others calls back
   * whenever they are gone, however few they were.
   */
  #awaitDrain(): void {
    if (this.#socket.writableLength === 0) this.#owner.drained();
    else if (!this.#awaitingDrain) {
      this.#awaitingDrain = true;
      this.#socket.write(nothing, () => this.#drainReached());
    }
  }

  #drainReached(): void {
    this.#awaitingDrain = false;
    const { destroyed, writableEnded } = this.#socket;
    if (!destroyed && !writableEnded && this.#queued === 0) this.#awaitDrain();
  }
}
