/** What a connection sends in one turn of the event loop, collected so that it leaves in one write. */
import type { Duplex } from "node:stream";
import {
  type Chunk,
  header,
  latin1,
  longestShort,
  type PreparedFrames,
  textFrame,
  whole,
} from "./frame-writer.ts";
import { surface } from "./surface.ts";

/** Who flushes its outbox when the turn ends, and hears when all of it is with the operating system. */
export interface OutboxOwner {
  endOfTurn(): void;
  drained(): void;
}

/** A run of frames is closed when it is longer than this: Node.js holds what a slow peer does not take in one piece. */
const longestRun = 65_536;
const nothing = new Uint8Array(0);

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
}

export class Outbox {
  readonly #socket: Duplex;
  readonly #owner: OutboxOwner;
  /** The run: short frames and whatever else is short, one behind the other. */
  #run = "";
  /** What goes in front of it: long payloads, and the runs between them. */
  #front: Chunk[] | undefined;
  #queued = 0;
  #awaitingDrain = false;

  constructor(socket: Duplex, owner: OutboxOwner) {
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Bytes not yet with the operating system. */
  get size(): number {
    // Asked for each message: of 2,000 connections in a row, a look at the socket is a wait for memory.
    return this.#awaitingDrain ? this.#queued + this.#socket.writableLength : this.#queued;
  }

  /** Bytes that wait for the end of the turn. */
  get queued(): number {
    return this.#queued;
  }

  text(text: string): void {
    this.add(textFrame(text));
  }

  /** A frame whose first byte is `first`; a long payload is sent from where it lies. */
  bytes(first: number, payload: Uint8Array): void {
    this.add(header(first, payload.length));
    this.add(payload.length <= longestShort ? latin1(payload) : payload);
  }

  binary(payload: Uint8Array): void {
    this.bytes(whole.binary, payload);
  }

  prepared(frames: PreparedFrames): void {
    for (const chunk of frames.chunks) this.add(chunk);
  }

  /** What is ready for the wire. */
  add(chunk: Chunk): void {
    if (this.#queued === 0) atEndOfTurn(this.#owner);
    this.#queued += chunk.length;
    if (typeof chunk !== "string") this.#toFront(chunk);
    else {
      this.#run += chunk;
      if (this.#run.length > longestRun) this.#toFront();
    }
  }

  /** Hands everything to the socket, in one write. */
  flush(): void {
    const run = this.#run;
    const front = this.#front;
    if (this.#queued === 0) return;
    this.discard();
    if (front === undefined) this.#socket.write(run, "latin1");
    else this.#writeEach([...front, run]);
    this.#awaitDrain();
  }

  /** Forgets what waits for the end of the turn. */
  discard(): void {
    this.#run = "";
    this.#front = undefined;
    this.#queued = 0;
  }

  #toFront(...behind: Uint8Array[]): void {
    this.#front ??= [];
    this.#front.push(this.#run, ...behind);
    this.#run = "";
  }

  #writeEach(chunks: readonly Chunk[]): void {
    this.#socket.cork();
    for (const chunk of chunks) if (chunk.length > 0) this.#socket.write(chunk, "latin1");
    this.#socket.uncork();
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
