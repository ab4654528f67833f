/** What runs before every request: Express-style functions, sync or async. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** A function with access to the request and the answer; continues with `next()`, refuses with `next(error)`. */
export type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/**
 * Runs the functions one after the other. `done` is called once at most: without argument after the last one,
 * with the first error (passed to `next`, thrown, or a rejection) otherwise, and not at all when a function
 * answers the request itself.
 */
export function runMiddlewares(
  middlewares: readonly Middleware[],
  request: IncomingMessage,
  response: ServerResponse,
  done: (error?: Error) => void,
): void {
  const run = (index: number): void => {
    const middleware = middlewares[index];
    if (!middleware) return done();
    callOnce(middleware, request, response, (error) => (error ? done(error) : run(index + 1)));
  };
  run(0);
}

function callOnce(
  middleware: Middleware,
  request: IncomingMessage,
  response: ServerResponse,
  settle: (error?: Error) => void,
): void {
  let settled = false;
  const next = (error?: unknown): void => {
    if (settled) return;
    settled = true;
    settle(error === undefined || error === null ? undefined : toError(error));
  };
  try {
    const result = middleware(request, response, next);
    if (isPromiseLike(result)) result.then(undefined, (error: unknown) => next(toError(error)));
  } catch (error) {
    next(toError(error));
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}
