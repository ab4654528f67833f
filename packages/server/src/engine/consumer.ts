/** Who gets a session's messages: the port through which the engine reports upward. */

/**
 * The one consumer of an engine socket, called plainly (no emitter). An implementation
 * - MUST NOT throw out of `onDrain` and `onClose`; what `onMessage` throws surfaces as uncaught;
 * - MUST be ready for `onMessage` as soon as it is assigned to `socket.consumer`.
 * The engine
 * - MUST call `onMessage` once per message, in the order in which the client sent them;
 * - MUST call `onClose` once, and nothing after it.
 */
export interface MessageConsumer {
  onMessage(data: string | Buffer): void;
  /** Everything written so far has been handed to the operating system. Told for sure after `awaitDrain`. */
  onDrain(): void;
  /** The client is to continue elsewhere: what has to be done before is done, and the session is closed. */
  moveAway(): void;
  onClose(reason: string, description?: unknown): void;
}

/** Ends a session whose client is to continue elsewhere. */
export function moveAway(session: { consumer?: MessageConsumer | undefined; close(): void }): void {
  if (session.consumer) session.consumer.moveAway();
  else session.close();
}
