/** A question that is asked again and again, some time after each answer; only the latest one counts. */
export class Poll {
  readonly #interval: number;
  readonly #ask: () => Promise<() => void>;
  #running = false;
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ask never fails; what it gives is called if nothing was asked meanwhile */
  constructor(interval: number, ask: () => Promise<() => void>) {
    this.#interval = interval;
    this.#ask = ask;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.again();
  }

  stop(): void {
    this.#running = false;
    this.#turn++;
    clearTimeout(this.#timer);
  }

  /** Asks now, if it is running. */
  async again(): Promise<void> {
    if (!this.#running) return;
    const mine = ++this.#turn;
    clearTimeout(this.#timer);
    const apply = await this.#ask();
    if (mine !== this.#turn) return;
    apply();
    this.#timer = setTimeout(() => this.again(), this.#interval);
  }
}
