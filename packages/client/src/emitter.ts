/** A small emitter with the methods of component-emitter, which Socket.IO's users know. */
import type {
  EventNames,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  Untyped,
} from "@sockeye/core";

type Listener = ((...args: Untyped[]) => unknown) & { fn?: unknown };

/** No events at all. */
export type NoEvents = Record<never, never>;

/** Takes one listener out of a list, or all. */
export function remove(listeners: Listener[], listener: unknown): void {
  const at = listeners.findIndex((fn) => fn === listener || fn.fn === listener);
  if (!listener) listeners.length = 0;
  else if (at >= 0) listeners.splice(at, 1);
}

/**
 * @typeParam Listen events of the application that can be listened to
 * @typeParam Emit events of the application that can be emitted
 * @typeParam Reserved events that the class itself emits
 */
export class Emitter<
  Listen extends EventsMap,
  Emit extends EventsMap,
  Reserved extends EventsMap = NoEvents,
> {
  // Plain fields rather than #private ones: a socket inside a Proxy (Vue, MobX) still works.
  private listeners_: Map<unknown, Listener[]> = new Map();

  /** Adds a listener. */
  on<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this {
    this.listeners(ev).push(listener);
    return this;
  }

  /** Adds a listener that is called at most once. */
  once<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this {
    const wrapper = (...args: unknown[]): void => {
      this.off(ev, wrapper as typeof listener);
      (listener as Listener).apply(this, args);
    };
    wrapper.fn = listener;
    return this.on(ev, wrapper as typeof listener);
  }

  /** Removes one listener, all listeners of an event, or all listeners. */
  off<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev?: Ev,
    listener?: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this {
    if (ev === undefined) this.listeners_.clear();
    else remove(this.listeners(ev), listener);
    return this;
  }

  /** Calls the listeners of an event. */
  emit<Ev extends EventNames<Emit>>(ev: Ev, ...args: EventParams<Emit, Ev>): this {
    return this.emitReserved(ev as Untyped, ...(args as Untyped));
  }

  /** Calls the listeners of an event of the class itself; not for applications. */
  emitReserved<Ev extends EventNames<Reserved>>(ev: Ev, ...args: EventParams<Reserved, Ev>): this {
    for (const listener of [...this.listeners(ev)]) (listener as Listener).apply(this, args);
    return this;
  }

  /** The listeners of an event, as the live list. */
  listeners<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
  ): ReservedOrUserListener<Reserved, Listen, Ev>[] {
    if (!this.listeners_.has(ev)) this.listeners_.set(ev, []);
    return this.listeners_.get(ev) as ReservedOrUserListener<Reserved, Listen, Ev>[];
  }

  /** Whether an event has listeners. */
  hasListeners<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(ev: Ev): boolean {
    return this.listeners(ev).length > 0;
  }

  /** Same as {@link off}. */
  removeListener<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev?: Ev,
    listener?: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this {
    return this.off(ev, listener);
  }

  /** Removes all listeners of an event, or all listeners. */
  removeAllListeners<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(ev?: Ev): this {
    return this.off(ev);
  }
}
