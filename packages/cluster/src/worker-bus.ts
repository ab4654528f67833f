/** A bus between the workers of Node's cluster, over the primary. */
import { type Bus, type BusState, notSent, type Undo } from "./bus.ts";
import { BusStatus } from "./bus-status.ts";
import { Channels } from "./channels.ts";

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

/** The primary knows who listens to what in a map; topics cost little. */
const ROOM_TOPICS = 65_536;

/** A worker's part in it. Made by `workers()`. */
export class WorkerBus implements Bus {
  readonly roomTopics: number = ROOM_TOPICS;
  readonly #line: Line<ToPrimary, ToWorker>;
  readonly #status = new BusStatus();
  readonly #channels = new Channels<Uint8Array>({
    opened: ({ name }) => {
      // Before the welcome it would reach a primary that does not listen yet.
      if (this.state === "up") this.#say(["subscribe", name]);
    },
    closed: ({ name }) => this.#say(["unsubscribe", name]),
  });

  constructor(line: Line<ToPrimary, ToWorker>) {
    this.#line = line;
    line.receive((message) => this.#receive(message));
    line.closed(() => this.#status.change("down"));
    this.#say(["hello"]);
  }

  get state(): BusState {
    return this.#status.state;
  }

  publish(topic: string, message: Uint8Array): Promise<void> {
    if (this.state === "down") return Promise.reject(notSent("worker bus: no word from the primary"));
    return new Promise((resolve, reject) => {
      this.#line.send(["publish", topic, message], (error) => (error ? reject(error) : resolve()));
    });
  }

  subscribe(topic: string, listener: Listener): Promise<Undo> {
    return this.#channels.listen(topic, listener);
  }

  observe(listener: (state: BusState) => void): Undo {
    return this.#status.observe(listener);
  }

  /** What need not be heard about: when it does not leave, the primary is gone, and `closed` tells. */
  #say(message: ToPrimary): void {
    this.#line.send(message, () => {});
  }

  #receive(message: ToWorker): void {
    if (message[0] === "welcome") this.#onWelcome();
    else if (message[0] === "subscribed") this.#channels.get(message[1])?.confirm();
    else if (message[0] === "message") this.#channels.deliver(message[1], message[2]);
    else if (message[0] === "interrupted")
      for (const state of ["down", "up"] as const) this.#status.change(state);
  }

  /** May come twice: whichever of the two was there first has spoken to nobody. */
  #onWelcome(): void {
    if (this.state === "up") return;
    for (const { name } of this.#channels.all()) this.#say(["subscribe", name]);
    this.#status.change("up");
  }
}
