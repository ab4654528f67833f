/** The fluent face of an event to one client: `socket.volatile.timeout(1000).emit(...)`. */
import type { AbortSignalLike, Untyped } from "@sockeye/core";
import type * as api from "../api/target.ts";
import type { Room } from "../api/target.ts";
import type { EventData } from "../broadcast/event-packet.ts";
import type { BroadcastOperator } from "../broadcast/operator.ts";
import type { Flags } from "../broadcast/target.ts";

/** How an event is sent to one client. */
export interface Delivery {
  readonly flags: Flags;
  readonly signal: AbortSignalLike | undefined;
}

/** What a target needs of its socket. */
export interface TargetHome {
  deliver(data: Untyped[], delivery: Delivery): boolean;
  ask(data: Untyped[], delivery: Delivery): Promise<Untyped>;
  broadcastWith(delivery: Delivery): BroadcastOperator;
}

export class SocketTarget implements api.SocketTarget<Untyped, Untyped> {
  readonly #socket: TargetHome;
  readonly #delivery: Delivery;

  constructor(socket: TargetHome, flags: Flags, signal?: AbortSignalLike) {
    this.#socket = socket;
    this.#delivery = { flags, signal };
  }

  emit(...data: EventData): boolean {
    return this.#socket.deliver(data, this.#delivery);
  }

  emitWithAck(...data: EventData): Promise<Untyped> {
    return this.#socket.ask(data, this.#delivery);
  }

  send(...args: Untyped[]): this {
    this.emit("message", ...args);
    return this;
  }

  write(...args: Untyped[]): this {
    return this.send(...args);
  }

  compress(compress: boolean): SocketTarget {
    return this.#with({ compress });
  }

  get volatile(): SocketTarget {
    return this.#with({ volatile: true });
  }

  timeout(timeout: number): SocketTarget {
    return this.#with({ timeout });
  }

  signal(signal: AbortSignalLike): SocketTarget {
    return new SocketTarget(this.#socket, this.#delivery.flags, signal);
  }

  #with(flags: Flags): SocketTarget {
    return new SocketTarget(this.#socket, { ...this.#delivery.flags, ...flags }, this.#delivery.signal);
  }

  get broadcast(): BroadcastOperator {
    return this.#socket.broadcastWith(this.#delivery);
  }

  get local(): BroadcastOperator {
    return this.broadcast.local;
  }

  to(room: Room | Room[]): BroadcastOperator {
    return this.broadcast.to(room);
  }

  in(room: Room | Room[]): BroadcastOperator {
    return this.broadcast.to(room);
  }

  except(room: Room | Room[]): BroadcastOperator {
    return this.broadcast.except(room);
  }
}
