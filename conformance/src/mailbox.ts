/** What has arrived by name and is not read yet; whoever reads too early waits. */

/** Milliseconds; most tests have ten seconds. */
const PATIENCE = 9_000;

interface Reader {
  read(args: unknown[]): void;
}

export class Mailbox {
  readonly #unread = new Map<string, unknown[][]>();
  readonly #readers = new Map<string, Reader[]>();
  readonly #seen: string[] = [];
  readonly owner: string;
  /** Takes everything in place of the readers, when given. */
  forward: ((name: string, args: unknown[]) => void) | undefined;

  constructor(owner: string) {
    this.owner = owner;
  }

  put(name: string, args: unknown[]): void {
    if (this.forward) this.forward(name, args);
    else this.#deliver(name, args);
  }

  #deliver(name: string, args: unknown[]): void {
    this.#seen.push(name);
    const reader = this.#readers.get(name)?.shift();
    if (reader) reader.read(args);
    else listIn(this.#unread, name).push(args);
  }

  /** The oldest unread arguments under this name; rejects after so many milliseconds, telling what came instead. */
  next(name: string, patience: number = PATIENCE): Promise<unknown[]> {
    const waiting = this.#unread.get(name)?.shift();
    if (waiting) return Promise.resolve(waiting);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#silence(name, patience)), patience);
      const read = (args: unknown[]): void => {
        clearTimeout(timer);
        resolve(args);
      };
      listIn(this.#readers, name).push({ read });
    });
  }

  /** Everything unread under this name, which is read by that. */
  take(name: string): unknown[][] {
    return this.#unread.get(name)?.splice(0) ?? [];
  }

  #silence(name: string, patience: number): Error {
    const seen = this.#seen.slice(-12).join(", ") || "nothing";
    return new Error(`${this.owner}: no "${name}" within ${patience} ms; the last that came: ${seen}`);
  }
}

function listIn<T>(map: Map<string, T[]>, key: string): T[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}
