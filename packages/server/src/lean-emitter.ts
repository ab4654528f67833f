/** A Node.js event emitter that costs little while few listen, of which a server has several per connection. */
import { EventEmitter } from "node:events";
import type { Untyped } from "@sockeye/core";

type Listener = (...args: Untyped[]) => void;

/**
 * A table of listeners. Node.js makes its own as `{ __proto__: null }`, which V8 keeps as a hash table of some 280
 * bytes; instances of a class with a prototype as empty are plain objects, a fifth the size and faster to read.
 */
class Listeners {}
Object.setPrototypeOf(Listeners.prototype, null);
Reflect.deleteProperty(Listeners.prototype, "constructor");

interface Internals {
  _events: Listeners | undefined;
  readonly _eventsCount: number;
}

/** Node.js takes a missing table for an empty one (`removeAllListeners` and streams rely on it). */
export abstract class LeanEmitter extends EventEmitter {
  constructor(options?: { captureRejections?: boolean }) {
    super(options);
    (this as unknown as Internals)._events = undefined;
  }

  /** Whether anybody listens to anything: what no listener needs is not made. */
  protected get heard(): boolean {
    return (this as unknown as Internals)._eventsCount > 0;
  }

  /** Whether anybody listens to this event; asked for each message, and hardly ever true. */
  protected hears(event: string): boolean {
    return this.heard && this.listenerCount(event) > 0;
  }

  /** Somebody listens to an event from now on. */
  protected listened(event: string | symbol): void {
    void event;
  }

  override on(event: string | symbol, listener: Listener): this {
    openTable(this);
    this.listened(event);
    return super.on(event, listener);
  }

  override addListener(event: string | symbol, listener: Listener): this {
    openTable(this);
    this.listened(event);
    return super.addListener(event, listener);
  }

  override prependListener(event: string | symbol, listener: Listener): this {
    openTable(this);
    this.listened(event);
    return super.prependListener(event, listener);
  }
}

function openTable(emitter: LeanEmitter): void {
  (emitter as unknown as Internals)._events ??= new Listeners();
}
