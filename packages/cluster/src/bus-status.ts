/** Whether a bus gets messages through, and who wants to know. */
import type { BusState, Undo } from "./bus.ts";

/** The state of a bus and its observers, for those who write one. */
export class BusStatus {
  readonly #observers = new Set<(state: BusState) => void>();
  #state: BusState;

  /** @param state at first; "down" */
  constructor(state: BusState = "down") {
    this.#state = state;
  }

  get state(): BusState {
    return this.#state;
  }

  /** Calls back at each change, and at once when the state is "down" now. */
  observe(listener: (state: BusState) => void): Undo {
    this.#observers.add(listener);
    if (this.#state === "down") listener("down");
    return () => this.#observers.delete(listener);
  }

  /** Tells the observers, if it is a change. */
  change(state: BusState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const observer of [...this.#observers]) observer(state);
  }
}
