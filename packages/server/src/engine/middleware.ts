/** What runs before every request: Express-style functions, sync or async. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Middleware as CoreMiddleware, runMiddlewares } from "@sockeye/core";

/** A function with access to the request and the answer; continues with `next()`, refuses with `next(error)`. */
export type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/** A request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A middleware as one function of the exchange. */
export function toExchange(middleware: Middleware): CoreMiddleware<Exchange> {
  return ({ request, response }, next) =>
    middleware(request, response, (error) => next(error ? toError(error) : undefined));
}

/**
 * Runs the functions one after the other. `done` is called once at most: without argument after the last one,
 * with the first error (passed to `next`, thrown, or a rejection) otherwise, and not at all when a function
 * answers the request itself. What a function throws after it has called `next` surfaces as uncaught.
 */
export function guard(
  chain: ReadonlyArray<CoreMiddleware<Exchange>>,
  exchange: Exchange,
  done: (error?: Error) => void,
): void {
  runMiddlewares(chain, exchange, {
    passed: () => done(),
    refused: done,
    failed(error, _asynchronous, over) {
      if (over) done(toError(error));
      else
        queueMicrotask(() => {
          throw error;
        });
    },
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}
