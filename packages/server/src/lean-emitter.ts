/** A Node.js event emitter that holds no table of listeners until somebody listens. */
import { EventEmitter } from "node:events";

/**
 * Node.js gives every emitter an empty table of some 180 bytes, and takes a missing one for an empty one
 * (`removeAllListeners` and streams rely on it). A server has several emitters per connection that nobody listens to.
 */
export abstract class LeanEmitter extends EventEmitter {
  constructor(options?: { captureRejections?: boolean }) {
    super(options);
    (this as { _events?: unknown })._events = undefined;
  }
}
