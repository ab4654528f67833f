/** Listeners that go together. */

/** Anything with listeners; what they are given is for the caller to know. */
export interface Source {
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
}

export class Listeners {
  #remove: Array<() => void> = [];

  /** Adds listeners by event. */
  add(source: Source, listeners: Record<string, (...args: never[]) => void>): void {
    for (const [event, listener] of Object.entries(listeners)) {
      source.on(event, listener);
      this.#remove.push(() => source.off(event, listener));
    }
  }

  /** Removes all of them. */
  clear(): void {
    for (const remove of this.#remove.splice(0)) remove();
  }
}
