/** Waiting for events, so that no test sleeps. */

interface Source {
  once(event: never, listener: (...args: never[]) => void): unknown;
}

/** The arguments of the next such event. */
export function next<Args extends unknown[] = unknown[]>(source: Source, event: string): Promise<Args> {
  return new Promise((resolve) => {
    source.once(event as never, (...args: never[]) => resolve(args as unknown as Args));
  });
}

/** Resolves once the condition holds. */
export async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
