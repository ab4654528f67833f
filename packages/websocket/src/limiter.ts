/** No more than so many jobs at the same time; the others wait in line. */

/** A job calls `done` once, when it is finished. */
export type Job = (done: () => void) => void;

export class Limiter {
  readonly #limit: number;
  readonly #line = new Set<Job>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  run(job: Job): void {
    this.#line.add(job);
    this.#next();
  }

  #next(): void {
    for (const job of this.#line) {
      if (this.#running === this.#limit) return;
      this.#line.delete(job);
      this.#running++;
      job(() => {
        this.#running--;
        this.#next();
      });
    }
  }
}
