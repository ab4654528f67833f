/** What a connection needs of the engine socket below it: ours, or one of another Engine.IO server. */
import type { EventEmitter } from "node:events";
import type { MessageConsumer } from "../engine/consumer.ts";
import type { PreparedMessage } from "../engine/prepared.ts";
import type { Socket as EngineSocket, SendPreparedOptions } from "../engine/socket.ts";

export interface EnginePort {
  consumer: MessageConsumer | undefined;
  readonly readyState: string;
  /** Bytes that were sent and have not left the process. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array, options?: { compress?: boolean }): unknown;
  /** @returns false when a volatile message was dropped */
  sendPrepared(message: PreparedMessage, options?: SendPreparedOptions): boolean;
  /** Takes back a message that no transport has taken yet. */
  withdraw(message: PreparedMessage): boolean;
  /** Asks for the consumer's `onDrain`, as soon as what was sent has left; it may be called besides. */
  awaitDrain(): void;
  close(discard?: boolean): unknown;
}

/** An engine socket that was not made by our engine (`io.bind(engine)`). */
interface ForeignSocket extends EventEmitter {
  readonly readyState: string;
  readonly transport: { readonly writable: boolean };
  send(data: string | Uint8Array, options?: { compress?: boolean }): unknown;
  close(discard?: boolean): unknown;
}

class ForeignPort implements EnginePort {
  consumer: MessageConsumer | undefined;
  readonly bufferedAmount = 0;
  readonly #socket: ForeignSocket;

  constructor(socket: ForeignSocket) {
    this.#socket = socket;
    socket.on("data", (data: string | Buffer) => this.consumer?.onMessage(data));
    socket.on("drain", () => this.consumer?.onDrain());
    socket.on("close", (reason: string, description: unknown) => this.consumer?.onClose(reason, description));
    // What an error means for the connection, "close" tells.
    socket.on("error", () => {});
  }

  get readyState(): string {
    return this.#socket.readyState;
  }

  send(data: string | Uint8Array, options?: { compress?: boolean }): void {
    this.#socket.send(data, options);
  }

  sendPrepared(message: PreparedMessage, options?: SendPreparedOptions): boolean {
    if (options?.volatile && !this.#socket.transport.writable) return false;
    for (const data of message.messages) this.#socket.send(data, options);
    return true;
  }

  withdraw(): boolean {
    return false;
  }

  // Its event comes always.
  awaitDrain(): void {}

  close(discard?: boolean): void {
    this.#socket.close(discard);
  }
}

/** The port of an engine socket: for our own, the socket itself. */
export function portOf(socket: EngineSocket): EnginePort {
  return "sendPrepared" in socket ? socket : new ForeignPort(socket as ForeignSocket);
}
