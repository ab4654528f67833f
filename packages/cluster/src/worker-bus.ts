/** A bus between the workers of Node's cluster, over the primary. */
import { type Bus, type BusState, notSent, type Undo } from "./bus.ts";

type Listener = (message: Uint8Array) => void;

/** What a worker says to the primary, and the primary to a worker; under one name beside the application's own. */
export type ToPrimary =
  | ["hello"]
  | ["publish", topic: string, message: Uint8Array]
  | ["subscribe", topic: string]
  | ["unsubscribe", topic: string];
export type ToWorker =
  | ["welcome"]
  | ["subscribed", topic: string]
  | ["message", topic: string, message: Uint8Array]
  | ["interrupted"];

/** One end of the way between a worker and the primary; keeps order, and takes bytes as they are. */
export interface Line<Out, In> {
  /** @param sent told when it has left, or why it could not */
  send(message: Out, sent: (error: Error | null) => void): void;
  receive(listener: (message: In) => void): void;
  closed(listener: () => void): void;
}

interface Subscription {
  readonly listeners: Set<Listener>;
  readonly made: Promise<void>;
  confirm(): void;
}

/** The primary knows who listens to what in a map; topics cost little. */
const ROOM_TOPICS = 65_536;

/** A worker's part in it. Made by `workers()`. */
export class WorkerBus implements Bus {
  readonly roomTopics: number = ROOM_TOPICS;
  readonly #line: Line<ToPrimary, ToWorker>;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #observers = new Set<(state: BusState) => void>();
  #state: BusState = "down";

  constructor(line: Line<ToPrimary, ToWorker>) {
    this.#line = line;
    line.receive((message) => this.#receive(message));
    line.closed(() => this.#change("down"));
    this.#say(["hello"]);
  }

  get state(): BusState {
    return this.#state;
  }

  publish(topic: string, message: Uint8Array): Promise<void> {
    if (this.#state === "down") return Promise.reject(notSent("worker bus: no word from the primary"));
    return new Promise((resolve, reject) => {
      this.#line.send(["publish", topic, message], (error) => (error ? reject(error) : resolve()));
    });
  }

  async subscribe(topic: string, listener: Listener): Promise<Undo> {
    const subscription = this.#subscriptions.get(topic) ?? this.#open(topic);
    subscription.listeners.add(listener);
    await subscription.made;
    return () => {
      subscription.listeners.delete(listener);
      if (subscription.listeners.size > 0 || this.#subscriptions.get(topic) !== subscription) return;
      this.#subscriptions.delete(topic);
      this.#say(["unsubscribe", topic]);
    };
  }

  observe(listener: (state: BusState) => void): Undo {
    this.#observers.add(listener);
    if (this.#state === "down") listener("down");
    return () => this.#observers.delete(listener);
  }

  #open(topic: string): Subscription {
    let confirm = (): void => {};
    const made = new Promise<void>((resolve) => {
      confirm = resolve;
    });
    const subscription = { listeners: new Set<Listener>(), made, confirm };
    this.#subscriptions.set(topic, subscription);
    // Before the welcome it would reach a primary that does not listen yet.
    if (this.#state === "up") this.#say(["subscribe", topic]);
    return subscription;
  }

  /** What need not be heard about: when it does not leave, the primary is gone, and `closed` tells. */
  #say(message: ToPrimary): void {
    this.#line.send(message, () => {});
  }

  #receive(message: ToWorker): void {
    if (message[0] === "welcome") this.#onWelcome();
    else if (message[0] === "subscribed") this.#subscriptions.get(message[1])?.confirm();
    else if (message[0] === "message") this.#deliver(message[1], message[2]);
    else if (message[0] === "interrupted") for (const state of ["down", "up"] as const) this.#change(state);
  }

  /** May come twice: whichever of the two was there first has spoken to nobody. */
  #onWelcome(): void {
    if (this.#state === "up") return;
    for (const topic of this.#subscriptions.keys()) this.#say(["subscribe", topic]);
    this.#change("up");
  }

  #deliver(topic: string, message: Uint8Array): void {
    for (const listener of [...(this.#subscriptions.get(topic)?.listeners ?? [])]) listener(message);
  }

  #change(state: BusState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const observer of [...this.#observers]) observer(state);
  }
}
