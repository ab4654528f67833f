/** The way down of a connection: packets become messages, and wait when the client is slow. */
import { AckError } from "@sockeye/core";
import type { Packet, PacketEncoder } from "@sockeye/protocol";
import type { Flags } from "../broadcast/target.ts";
import { PreparedMessage } from "../engine/prepared.ts";
import type { Socket as EngineSocket } from "../engine/socket.ts";
import type { SlowConsumerOptions } from "../options.ts";
import { type EnginePort, portOf } from "./engine-port.ts";
import { Outbox } from "./outbox.ts";

/** When a client counts as slow, and what happens then. */
export interface FlowLimits {
  /** With more bytes than this on their way, further packets wait in the outbox. */
  readonly highWater: number;
  readonly maxBufferedBytes: number;
  readonly policy: SlowConsumerOptions["policy"] | undefined;
}

/** As much as Node.js itself buffers before it asks a writer to pause. */
const HIGH_WATER = 65_536;

export function flowLimits(slow: SlowConsumerOptions | undefined): FlowLimits {
  const maxBufferedBytes = slow?.maxBufferedBytes ?? Number.POSITIVE_INFINITY;
  return {
    highWater: Math.min(HIGH_WATER, maxBufferedBytes / 2),
    maxBufferedBytes,
    policy: slow?.policy,
  };
}

/** What the way down needs of the server. */
export interface OutgoingHome {
  readonly encoder: PacketEncoder;
  readonly flow: FlowLimits;
  onSlowConsumer(client: Outgoing, bufferedAmount: number, dropped: PreparedMessage[]): void;
}

/** How a packet is written; adapters written for Socket.IO pass more, which is of no use here. */
export type WriteFlags = Pick<Flags, "volatile" | "compress">;

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

const UNCOMPRESSED = { compress: false };

// What adapters hand to many clients is one array, encoded once; it becomes one message.
const preparedOf = new WeakMap<object, PreparedMessage>();

export abstract class Outgoing {
  readonly conn: EngineSocket;
  protected readonly port: EnginePort;
  protected abstract readonly home: OutgoingHome;
  #outbox: Outbox | undefined;
  #waiters: Waiter[] | undefined;

  constructor(conn: EngineSocket) {
    this.conn = conn;
    this.port = portOf(conn);
  }

  /** Bytes that were sent and have not left the process. */
  get bufferedAmount(): number {
    return this.port.bufferedAmount + (this.#outbox?.bytes ?? 0);
  }

  get #flows(): boolean {
    return this.#outbox === undefined && this.port.bufferedAmount <= this.home.flow.highWater;
  }

  /** Sends one packet. */
  send(packet: Packet, flags: WriteFlags): void {
    const { encoder } = this.home;
    const text = encoder.encodeText(packet);
    if (text !== undefined && !flags.volatile && this.#flows) {
      this.port.send(text, flags.compress === false ? UNCOMPRESSED : undefined);
    } else {
      this.writePrepared(new PreparedMessage(text === undefined ? encoder.encode(packet) : [text]), flags);
    }
  }

  /** Sends one packet; the returned function takes it back, if it has not left. */
  sendRevocable(packet: Packet, flags: WriteFlags): () => void {
    const message = new PreparedMessage(this.home.encoder.encode(packet));
    this.writePrepared(message, flags);
    return () => {
      if (!this.#outbox?.remove(message)) this.port.withdraw(message);
    };
  }

  /** Sends what was encoded once for many clients. */
  writePrepared(message: unknown, flags: WriteFlags): void {
    if (!(message instanceof PreparedMessage)) {
      throw new TypeError("writePrepared takes what the namespace's prepare() has made");
    }
    if (this.#flows) this.port.sendPrepared(message, flags);
    else this.#hold(message, flags);
  }

  /** The door of adapters written for Socket.IO: the frames of one packet. */
  writeToEngine(encoded: Array<string | Uint8Array>, flags: WriteFlags): void {
    let message = preparedOf.get(encoded);
    if (!message) {
      message = new PreparedMessage(encoded);
      preparedOf.set(encoded, message);
    }
    this.writePrepared(message, flags);
  }

  #hold(message: PreparedMessage, flags: WriteFlags): void {
    if (this.port.readyState !== "open") return;
    if (flags.volatile) {
      this.#report([message]);
      return;
    }
    this.#outbox ??= new Outbox();
    this.port.awaitDrain();
    this.#outbox.push({ message, compress: flags.compress !== false });
    if (this.bufferedAmount > this.home.flow.maxBufferedBytes) this.#enforce(this.#outbox);
  }

  #enforce(outbox: Outbox): void {
    switch (this.home.flow.policy) {
      case "disconnect":
        this.#report([]);
        this.abort();
        break;
      case "drop-oldest":
        this.#report(this.#dropOldest(outbox));
        break;
      case "drop-volatile":
      case undefined:
        break;
    }
  }

  #dropOldest(outbox: Outbox): PreparedMessage[] {
    const dropped: PreparedMessage[] = [];
    while (this.bufferedAmount > this.home.flow.maxBufferedBytes) {
      const oldest = outbox.shift();
      if (!oldest) break;
      dropped.push(oldest.message);
    }
    return dropped;
  }

  #report(dropped: PreparedMessage[]): void {
    const bytes = dropped.reduce((sum, message) => sum + message.byteLength, 0);
    if (this.home.flow.policy) this.home.onSlowConsumer(this, this.bufferedAmount + bytes, dropped);
  }

  /** Closes the connection without sending what waits. */
  protected abstract abort(): void;

  onDrain(): void {
    this.#release(this.home.flow.highWater);
    if (this.#waiters && this.bufferedAmount === 0) {
      for (const waiter of this.#waiters) waiter.resolve();
      this.#waiters = undefined;
    }
    if (this.#outbox || this.#waiters) this.port.awaitDrain();
  }

  /** Hands everything that waits to the engine, as before a close. */
  protected releaseAll(): void {
    this.#release(Number.POSITIVE_INFINITY);
  }

  #release(highWater: number): void {
    const outbox = this.#outbox;
    if (!outbox) return;
    while (!outbox.empty && this.port.bufferedAmount <= highWater) {
      const waiting = outbox.shift();
      if (waiting) this.port.sendPrepared(waiting.message, waiting);
    }
    if (outbox.empty) this.#outbox = undefined;
  }

  /** Waits until everything has left the process. */
  drained(): Promise<void> {
    if (this.port.readyState !== "open") return Promise.reject(new AckError("ERR_DISCONNECTED"));
    if (this.bufferedAmount === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters ??= [];
      this.#waiters.push({ resolve, reject });
      this.port.awaitDrain();
    });
  }

  /** Nothing can be sent any more. */
  protected endOutgoing(): void {
    this.#outbox = undefined;
    for (const waiter of this.#waiters ?? []) waiter.reject(new AckError("ERR_DISCONNECTED"));
    this.#waiters = undefined;
  }
}
