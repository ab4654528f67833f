/** Listeners for every event, whatever its name. */
import { isThenable, type Untyped } from "@sockeye/core";
import { LeanEmitter } from "../lean-emitter.ts";

export type AnyListener = (...args: Untyped[]) => unknown;

/** Told what a listener threw, or what its promise was rejected with. */
export type ReportListener = (error: unknown, asynchronous: boolean) => void;

/** Calls each listener with the name and the arguments; what one throws does not keep the others from it. */
export function callAll(listeners: readonly AnyListener[], args: Untyped[], report: ReportListener): void {
  for (const listener of [...listeners]) {
    try {
      const result = listener(...args);
      if (isThenable(result)) result.then(undefined, (error: unknown) => report(error, true));
    } catch (error) {
      report(error, false);
    }
  }
}

/** Removes the first occurrence of a listener. */
function remove(listeners: AnyListener[] | undefined, listener: AnyListener): void {
  const at = listeners?.indexOf(listener) ?? -1;
  if (at >= 0) listeners?.splice(at, 1);
}

/** The part of a socket that hears every event, in both directions. */
export abstract class CatchAllEmitter extends LeanEmitter {
  #any: AnyListener[] | undefined;
  #anyOutgoing: AnyListener[] | undefined;

  /** Where errors of the listeners of an event go. */
  protected abstract reporter(event: string | symbol): ReportListener;

  /** Tells the catch-all listeners of an event that came. */
  protected hear(event: Untyped[]): void {
    if (this.#any) callAll(this.#any, event, this.reporter(event[0]));
  }

  /** Called by adapters with each event that is sent to this client. */
  notifyOutgoingListeners(packet: { data?: unknown }): void {
    if (!this.#anyOutgoing) return;
    const event = packet.data as Untyped[];
    callAll(this.#anyOutgoing, event, this.reporter(event[0]));
  }

  onAny(listener: AnyListener): this {
    this.listenersAny().push(listener);
    return this;
  }

  prependAny(listener: AnyListener): this {
    this.listenersAny().unshift(listener);
    return this;
  }

  offAny(listener?: AnyListener): this {
    if (listener) remove(this.#any, listener);
    else this.#any = undefined;
    return this;
  }

  listenersAny(): AnyListener[] {
    this.#any ??= [];
    return this.#any;
  }

  onAnyOutgoing(listener: AnyListener): this {
    this.listenersAnyOutgoing().push(listener);
    return this;
  }

  prependAnyOutgoing(listener: AnyListener): this {
    this.listenersAnyOutgoing().unshift(listener);
    return this;
  }

  offAnyOutgoing(listener?: AnyListener): this {
    if (listener) remove(this.#anyOutgoing, listener);
    else this.#anyOutgoing = undefined;
    return this;
  }

  listenersAnyOutgoing(): AnyListener[] {
    this.#anyOutgoing ??= [];
    return this.#anyOutgoing;
  }
}
