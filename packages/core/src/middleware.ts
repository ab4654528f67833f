/** Functions that something has to pass, one after the other. */

/** Goes on to the next function, or refuses with an error. */
export type Next = (error?: Error) => void;

export type Middleware<Subject> = (subject: Subject, next: Next) => unknown;

/** How a run ends: `passed` or `refused` once; or `failed`, once for each error nobody meant. */
export interface Outcome {
  passed(): void;
  /** A function called `next(error)`. */
  refused(error: Error): void;
  /**
   * A function threw, or its promise was rejected. `over` says that the run ends by it; otherwise the function had
   * called `next` already.
   */
  failed(error: unknown, asynchronous: boolean, over: boolean): void;
}

/** Runs the functions in order; only the first call of each `next` counts. */
export function runMiddlewares<Subject>(
  chain: ReadonlyArray<Middleware<Subject>>,
  subject: Subject,
  outcome: Outcome,
): void {
  // What is added during a run is for later ones.
  runFrom(0, [...chain], subject, outcome);
}

function runFrom<Subject>(
  at: number,
  chain: ReadonlyArray<Middleware<Subject>>,
  subject: Subject,
  outcome: Outcome,
): void {
  const middleware = chain[at];
  if (middleware) runOne(middleware, at, chain, subject, outcome);
  else outcome.passed();
}

function runOne<Subject>(
  middleware: Middleware<Subject>,
  at: number,
  chain: ReadonlyArray<Middleware<Subject>>,
  subject: Subject,
  outcome: Outcome,
): void {
  let called = false;
  const next: Next = (error) => {
    if (called) return;
    called = true;
    if (error) outcome.refused(error);
    else runFrom(at + 1, chain, subject, outcome);
  };
  const fail = (error: unknown, asynchronous: boolean): void => {
    const over = !called;
    called = true;
    outcome.failed(error, asynchronous, over);
  };
  try {
    const result = middleware(subject, next);
    if (isThenable(result)) result.then(undefined, (error: unknown) => fail(error, true));
  } catch (error) {
    fail(error, false);
  }
}

interface Thenable {
  then(resolved: undefined, rejected: (error: unknown) => void): unknown;
}

/** Whether a value is a promise, or enough of one. */
export function isThenable(value: unknown): value is Thenable {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
