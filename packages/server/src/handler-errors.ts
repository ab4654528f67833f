/** What becomes of an error in the application's code: told to a listener, or surfaced as Node.js would. */
import { EventEmitter } from "node:events";
import type { Untyped } from "@sockeye/core";
import type { HandlerErrorContext } from "./api/server.ts";

/** Tells one listener at least; `false` when there is none. */
export type TellHandlerError = (error: unknown, context: HandlerErrorContext) => boolean;

/**
 * Reports an error of a handler. Without a listener, a thrown one becomes an `uncaughtException` and a rejection an
 * `unhandledRejection`, apart from the work in hand, which goes on.
 */
export function reportHandlerError(
  error: unknown,
  context: HandlerErrorContext,
  asynchronous: boolean,
  tell: TellHandlerError,
): void {
  try {
    if (!tell(error, context)) surface(error, asynchronous);
  } catch (failure) {
    surface(failure, false);
  }
}

/** Lets Node.js see an error. */
function surface(error: unknown, asynchronous: boolean): void {
  if (asynchronous) void Promise.reject(error);
  else {
    process.nextTick(() => {
      throw error;
    });
  }
}

/**
 * Has Node.js call a function when the promise that a listener returned is rejected; for emitters made with
 * `captureRejections`.
 */
export function onRejection<Emitter extends EventEmitter>(
  emitter: { prototype: Emitter },
  handle: (emitter: Emitter, error: unknown, event: string | symbol, args: Untyped[]) => void,
): void {
  Object.defineProperty(emitter.prototype, EventEmitter.captureRejectionSymbol, {
    value(this: Emitter, error: unknown, event: string | symbol, ...args: Untyped[]) {
      handle(this, error, event, args);
    },
  });
}
