/** A stream of JetStream with one message per record, changed only by whoever has seen the last. */
import { createHash } from "node:crypto";
import type { Store } from "@sockeye/cluster";
import {
  type JetStream,
  JetStreamError,
  type StoredMessage,
  type StreamConfig,
  WRONG_LAST_SEQUENCE,
} from "./api.ts";
import type { NatsBus } from "./bus.ts";
import type { NatsHeaders } from "./client.ts";

const SUFFIX = "_records";

/** Headers of a record: its owner, and for how many milliseconds it is kept. */
const OWNER = "Sockeye-Owner";
const TTL = "Sockeye-Ttl";

/** What the server has of records whose time is over goes at last after so long, in milliseconds. */
const KEEP = 3_600_000;
const NANOSECONDS = 1_000_000;

/** What the server is told of the records: a subject for each, with its last message. */
export function storeConfig(name: string): StreamConfig {
  return {
    name: name + SUFFIX,
    subjects: [`${name}.record.*`],
    retention: "limits",
    discard: "old",
    max_age: KEEP * NANOSECONDS,
    max_msgs: -1,
    max_bytes: -1,
    max_msgs_per_subject: 1,
    max_msg_size: -1,
    max_consumers: -1,
  };
}

interface HeldRecord {
  readonly seq: number;
  readonly owner: string;
  readonly value: Uint8Array;
  /** Milliseconds that it is kept from now on; not positive when its time is over. */
  readonly left: number;
}

/** The time of a record is the server's when it was stored, and this machine's when it is read: they should agree. */
export class JetStreamStore implements Store {
  readonly #bus: NatsBus | undefined;
  readonly #stream: JetStream;
  readonly #headers: () => NatsHeaders;
  #kept: number = KEEP;

  /** @param bus refuses calls while it is down, if given */
  constructor(stream: JetStream, headers: () => NatsHeaders, bus?: NatsBus) {
    this.#bus = bus;
    this.#stream = stream;
    this.#headers = headers;
  }

  async hold(key: string, owner: string, value: Uint8Array, ttl: number): Promise<boolean> {
    for (;;) {
      const held = await this.#find(key);
      if (held && held.left > 0 && held.owner !== owner) return false;
      if (await this.#replace(key, held, owner, value, ttl)) return true;
    }
  }

  async seize(key: string, owner: string): Promise<Uint8Array | undefined> {
    for (;;) {
      const held = await this.#find(key);
      if (!held || held.left <= 0) return undefined;
      if (await this.#replace(key, held, owner, held.value, held.left)) return held.value;
    }
  }

  async release(key: string, owner: string): Promise<void> {
    for (;;) {
      const held = await this.#find(key);
      if (held?.owner !== owner || (await this.#stream.remove(held.seq))) return;
    }
  }

  async add(key: string, value: Uint8Array, ttl: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const held = await this.#find(key);
      if (held && held.left > 0) return held.value;
      if (await this.#replace(key, held, "", value, ttl)) return undefined;
    }
  }

  async #find(key: string): Promise<HeldRecord | undefined> {
    if (this.#bus?.state === "down") throw new Error("jetstream: not connected");
    await this.#stream.made();
    const message = await this.#stream.last(this.#subject(key));
    return message && recordOf(message);
  }

  /** Writes a record in place of another; `false` when that is not the last any longer. */
  async #replace(
    key: string,
    held: HeldRecord | undefined,
    owner: string,
    value: Uint8Array,
    ttl: number,
  ): Promise<boolean> {
    if (ttl > this.#kept) await this.#keep(ttl);
    const headers = this.#headers();
    headers.set(OWNER, encodeURIComponent(owner));
    headers.set(TTL, String(Math.ceil(ttl)));
    headers.set("Nats-Expected-Last-Subject-Sequence", String(held?.seq ?? 0));
    try {
      await this.#stream.store(this.#subject(key), value, headers);
      return true;
    } catch (error) {
      if (error instanceof JetStreamError && error.code === WRONG_LAST_SEQUENCE) return false;
      throw error;
    }
  }

  /** Has the server keep records for so long, unless it keeps them longer. */
  async #keep(ttl: number): Promise<void> {
    const age = Math.ceil(ttl) * NANOSECONDS;
    await this.#stream.reconfigure((present) =>
      Number(present.max_age) >= age ? undefined : { ...present, max_age: age },
    );
    this.#kept = ttl;
  }

  /** A subject takes no space, and no long key. */
  #subject(key: string): string {
    const records = this.#stream.name.slice(0, -SUFFIX.length);
    return `${records}.record.${createHash("sha256").update(key).digest("base64url")}`;
  }
}

function recordOf({ seq, data, time, header }: StoredMessage): HeldRecord {
  const left = time + Number(header(TTL)) - Date.now();
  return { seq, owner: decodeURIComponent(header(OWNER)), value: data, left };
}
