/** Core NATS as a bus: interest is what NATS routes by, so that a server gets what it has subscribed to only. */
import { type Bus, type BusState, BusStatus, notSent, type Undo } from "@sockeye/cluster";
import { checkConnection, type NatsLike, type NatsMessage } from "./client.ts";

type Listener = (message: Uint8Array) => void;

/** As many as NATS keeps subjects cheaply: practically one per room. */
const ROOM_TOPICS = 2 ** 20;

/** Milliseconds until what was not ready is asked again. */
const PROVE_AGAIN = 100;

/** How many bytes may be on their way without word from the server that it has taken them. */
const UNFLUSHED_BYTES = 65_536;

/**
 * A bus over an open NATS connection: `cluster(nats(await connect({ servers })))`. The connection is shared and
 * stays the application's, which should let it reconnect for ever (`maxReconnectAttempts: -1`).
 */
export function nats(connection: NatsLike): NatsBus {
  checkConnection("nats", connection);
  return new NatsBus(connection);
}

export class NatsBus implements Bus {
  readonly roomTopics: number = ROOM_TOPICS;
  readonly #connection: NatsLike;
  readonly #status: BusStatus;
  readonly #ready: (() => Promise<void>) | undefined;
  #unflushed = 0;
  #flush: Promise<void> | undefined;
  #attempt = 0;

  /** @param ready what must be there besides before the bus is "up"; asked again until it resolves */
  constructor(connection: NatsLike, ready?: () => Promise<void>) {
    this.#connection = connection;
    this.#ready = ready;
    this.#status = new BusStatus(connection.isClosed() || ready ? "down" : "up");
    if (ready) void this.#prove();
    void this.#follow();
  }

  get state(): BusState {
    return this.#status.state;
  }

  async publish(topic: string, message: Uint8Array): Promise<void> {
    if (this.state === "down") throw notSent("nats bus: not connected");
    this.#connection.publish(topic, message);
    this.#unflushed += message.byteLength;
    if (this.#unflushed < UNFLUSHED_BYTES) return;
    // Waiting for the server here is what lets the cluster bound what is on its way.
    this.#unflushed = 0;
    await this.#flushed();
  }

  subscribe(topic: string, listener: Listener): Promise<Undo> {
    return this.listen(topic, (message) => listener(message.data));
  }

  /** Subscribes to a subject and hears its messages with their headers. */
  async listen(subject: string, listener: (message: NatsMessage) => void): Promise<Undo> {
    const callback = (error: Error | null, message: NatsMessage): void => {
      if (!error) listener(message);
    };
    const subscription = this.#connection.subscribe(subject, { callback });
    await this.#taken();
    return () => subscription.unsubscribe();
  }

  /** Something may have been missed although the connection is there: "down", and "up" when that can be read. */
  renew(): void {
    if (this.state === "down") return;
    this.#status.change("down");
    void this.#prove();
  }

  observe(listener: (state: BusState) => void): Undo {
    return this.#status.observe(listener);
  }

  /** Resolves when the server has taken what was said, now or after the interruption: the client says it again. */
  async #taken(): Promise<void> {
    for (;;) {
      if (this.state === "up") {
        try {
          return await this.#flushed();
        } catch (error) {
          if (this.#connection.isClosed()) throw error;
        }
      }
      await this.#nextUp();
    }
  }

  async #nextUp(): Promise<void> {
    await new Promise<void>((resolve) => {
      const undo = this.observe((state) => {
        if (state === "down") return;
        undo();
        resolve();
      });
    });
  }

  /** One round trip for all that was said in this turn; rejects when the connection is lost. */
  #flushed(): Promise<void> {
    this.#flush ??= Promise.resolve().then(() => {
      this.#flush = undefined;
      return this.#connection.flush();
    });
    return this.#flush;
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect" || type === "close") this.#lose();
      // The client has sent its subscriptions anew.
      else if (type === "reconnect") void this.#prove();
    }
    this.#lose();
  }

  #lose(): void {
    this.#attempt++;
    this.#status.change("down");
  }

  /** A round trip proves that subscriptions are made; the next word of the status ends this attempt. */
  async #prove(): Promise<void> {
    const attempt = ++this.#attempt;
    while (attempt === this.#attempt && !this.#connection.isClosed()) {
      try {
        await this.#connection.flush();
        await this.#ready?.();
        if (attempt === this.#attempt) this.#status.change("up");
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PROVE_AGAIN));
      }
    }
  }
}
