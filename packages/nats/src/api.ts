/** The API of JetStream, as far as one stream needs it: requests in JSON, messages by subject and sequence. */
import type { NatsBus } from "./bus.ts";
import type { JetStreamConnection, NatsHeaders } from "./client.ts";

/** Milliseconds that an answer may take. */
const TIMEOUT = 5_000;

/** Questions on their way at once: answers that pile up would make the server take us for a slow consumer. */
const MAX_ASKED = 64;

/** Of the server's own codes: the stream is there, with another configuration. */
const NAME_IN_USE = 10058;
const NO_MESSAGE = 10037;
const NO_STREAM = 10059;
export const WRONG_LAST_SEQUENCE = 10071;

/** Bytes of a message that are left to headers. */
const HEADER_ROOM = 8_192;
const DEFAULT_MAX_PAYLOAD = 1_048_576;

/** An answer that says no. */
export class JetStreamError extends Error {
  /** The server's `err_code`. */
  readonly code: number;

  constructor(code: number, description: string) {
    super(`jetstream: ${description} (${code})`);
    this.name = "JetStreamError";
    this.code = code;
  }
}

/** Where a stream begins and ends, in sequence numbers, and since when there is one. */
export interface StreamState {
  /** Milliseconds of the epoch. */
  readonly created: number;
  readonly first: number;
  readonly last: number;
}

/** A message as the stream has it. */
export interface StoredMessage {
  readonly seq: number;
  readonly data: Uint8Array;
  /** When the server stored it, in milliseconds of the epoch. */
  readonly time: number;
  /** "" when there is none of the name. */
  header(name: string): string;
}

/** A stream's configuration, in the server's words. */
export type StreamConfig = Readonly<Record<string, unknown>> & { readonly name: string };

interface Answer {
  error?: { err_code?: number; code: number; description: string };
  created?: string;
  config?: Record<string, unknown>;
  state?: { first_seq: number; last_seq: number };
  message?: { seq: number; data?: string; hdrs?: string; time: string };
  seq?: number;
}

/** One stream, made when it is missing. */
export class JetStream {
  readonly name: string;
  readonly #connection: JetStreamConnection;
  readonly #config: StreamConfig;
  readonly #overrides: boolean;
  readonly #refusals = new Set<(reason: Error) => void>();
  readonly #waiting: Array<() => void> = [];
  #asked = 0;
  /** When the stream was made, in milliseconds of the epoch; 0 when that is not known yet. */
  created = 0;
  #made: Promise<StreamState> | undefined;

  /** @param overrides whether a stream that is there with another configuration is given all of this one, not only its replicas */
  constructor(connection: JetStreamConnection, bus: NatsBus, config: StreamConfig, overrides: boolean) {
    this.name = config.name;
    this.#connection = connection;
    this.#config = config;
    this.#overrides = overrides;
    bus.observe((state) => {
      if (state === "up") return;
      // After an interruption it may be another server.
      this.#made = undefined;
      for (const refuse of this.#refusals) refuse(new Error("jetstream: the connection was lost"));
    });
  }

  /** The most bytes that one message may have. */
  get maxBytes(): number {
    return (this.#connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD) - HEADER_ROOM;
  }

  /** Resolves when the stream is there, with the state in which it was found first. */
  made(): Promise<StreamState> {
    if (!this.#made) {
      const made = this.#make();
      this.#made = made;
      made.then(
        ({ created }) => {
          this.created = created;
        },
        () => {
          if (this.#made === made) this.#made = undefined;
        },
      );
    }
    return this.#made;
  }

  async state(): Promise<StreamState> {
    return stateOf(await this.#call("INFO", ""));
  }

  /** The configuration as it is now, and changed. */
  async reconfigure(change: (present: Record<string, unknown>) => object | undefined): Promise<void> {
    const { config = {} } = await this.#call("INFO", "");
    const changed = change(config);
    if (changed) await this.#call("UPDATE", JSON.stringify(changed));
  }

  /** Stores a message; resolves with its sequence number, for one of the same `Nats-Msg-Id` with that of the first. */
  async store(subject: string, payload: Uint8Array, headers: NatsHeaders): Promise<number> {
    const { seq } = await this.#ask(subject, payload, headers);
    if (typeof seq !== "number") throw new Error("jetstream: expected the number of what was stored");
    return seq;
  }

  /** The first message of a subject from a sequence number on. */
  next(subject: string, from: number): Promise<StoredMessage | undefined> {
    return this.#get({ seq: from, next_by_subj: subject });
  }

  /** The last message of a subject. */
  last(subject: string): Promise<StoredMessage | undefined> {
    return this.#get({ last_by_subj: subject });
  }

  /**
   * All messages of a subject within these sequence numbers, in no order. The ways on from a message part in two, so
   * that n of them take about log n turns; there are at most 2n + 1 questions.
   */
  async range(subject: string, from: number, to: number): Promise<StoredMessage[]> {
    if (from > to) return [];
    const message = await this.next(subject, from);
    if (!message || message.seq > to) return [];
    const middle = Math.floor((message.seq + 1 + to) / 2);
    const rest = await Promise.all([
      this.range(subject, message.seq + 1, middle),
      this.range(subject, middle + 1, to),
    ]);
    return [message, ...rest.flat()];
  }

  /** Deletes a message; `false` when it is there no longer. */
  async remove(seq: number): Promise<boolean> {
    try {
      await this.#call("MSG.DELETE", JSON.stringify({ seq, no_erase: true }));
      return true;
    } catch (error) {
      if (error instanceof JetStreamError) return false;
      throw error;
    }
  }

  /** Has the server deliver messages, for as long as somebody takes them. */
  async consume(config: object): Promise<void> {
    await this.#ask(
      `$JS.API.CONSUMER.CREATE.${this.name}`,
      JSON.stringify({ stream_name: this.name, config }),
    );
  }

  async #make(): Promise<StreamState> {
    const config = JSON.stringify(this.#config);
    try {
      return stateOf(await this.#call("CREATE", config));
    } catch (error) {
      if (!(error instanceof JetStreamError) || error.code !== NAME_IN_USE) throw error;
      if (this.#overrides) return stateOf(await this.#call("UPDATE", config));
      const { num_replicas } = this.#config;
      await this.reconfigure((present) =>
        present.num_replicas === num_replicas ? undefined : { ...present, num_replicas },
      );
      return this.state();
    }
  }

  async #get(which: object): Promise<StoredMessage | undefined> {
    while (this.#asked >= MAX_ASKED) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#asked++;
    try {
      const { message } = await this.#call("MSG.GET", JSON.stringify(which));
      return message && stored(message);
    } catch (error) {
      if (error instanceof JetStreamError && error.code === NO_MESSAGE) return undefined;
      throw error;
    } finally {
      this.#asked--;
      this.#waiting.shift()?.();
    }
  }

  #call(verb: string, body: string): Promise<Answer> {
    return this.#ask(`$JS.API.STREAM.${verb}.${this.name}`, body);
  }

  /** Rejects when the connection is lost: nobody knows then what has become of it. */
  async #ask(subject: string, payload: Uint8Array | string, headers?: NatsHeaders): Promise<Answer> {
    let refuse = (_reason: Error): void => {};
    const lost = new Promise<never>((_, reject) => {
      refuse = reject;
    });
    this.#refusals.add(refuse);
    try {
      return await Promise.race([this.#request(subject, payload, headers), lost]);
    } catch (error) {
      // Nobody answers for the stream (any longer): it is made again.
      if (!(error instanceof JetStreamError) || error.code === NO_STREAM) this.#made = undefined;
      throw error;
    } finally {
      this.#refusals.delete(refuse);
    }
  }

  async #request(subject: string, payload: Uint8Array | string, headers?: NatsHeaders): Promise<Answer> {
    if (this.#connection.isClosed()) throw new Error("jetstream: the connection is closed");
    const { data } = await this.#connection.request(subject, payload, {
      timeout: TIMEOUT,
      ...(headers && { headers }),
    });
    const answer = JSON.parse(
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString(),
    ) as Answer;
    const { error } = answer;
    if (error) throw new JetStreamError(error.err_code ?? error.code, error.description);
    return answer;
  }
}

function stateOf({ created, state }: Answer): StreamState {
  const { first_seq: first = 0, last_seq: last = 0 } = state ?? {};
  const time = Date.parse(created ?? "");
  if (Number.isNaN(time)) throw new Error("jetstream: expected to be told when the stream was made");
  return { created: time, first: Math.max(1, first), last };
}

function stored({ seq, data = "", hdrs = "", time }: NonNullable<Answer["message"]>): StoredMessage {
  return {
    seq,
    data: Buffer.from(data, "base64"),
    time: Date.parse(time),
    header: (name) => {
      const lines = Buffer.from(hdrs, "base64").toString().split("\r\n");
      const line = lines.find((each) => each.startsWith(`${name}: `));
      return line?.slice(name.length + 2) ?? "";
    },
  };
}
