/** The servers of a cluster: each answers for itself, so that no server's sockets cross the bus in bulk. */
import { randomUUID } from "node:crypto";
import type { Clock, Untyped } from "@sockeye/core";
import type { AnyNamespace } from "../api/server.ts";

/** The event between servers. */
const CLUSTER_EVENT = "sockeye:inspect";

/** Milliseconds in which another server answers. */
const PATIENCE = 2000;

/** What may be asked for. */
export type Subject = "overview" | "rooms" | "sockets";

/** Answers a question about this server. @throws RangeError when it makes no sense */
export type Respond = (subject: Subject, query: Untyped) => Promise<unknown>;

interface Question {
  answered(from: string, answer: unknown): void;
}

export class Fleet {
  /** What the others call this server. */
  readonly id: string = randomUUID();
  readonly #namespace: AnyNamespace;
  readonly #clock: Clock;
  readonly #respond: Respond;
  readonly #questions: Map<string, Question> = new Map();

  /** @param namespace the inspector's own, which every server of the cluster has that lets itself be inspected */
  constructor(namespace: AnyNamespace, clock: Clock, respond: Respond) {
    this.#namespace = namespace;
    this.#clock = clock;
    this.#respond = respond;
    namespace.on(CLUSTER_EVENT, (message: unknown) => void this.#receive(message));
  }

  /** Servers of the cluster, this one included. */
  size(): Promise<number> {
    return this.#namespace.adapter.serverCount();
  }

  /** The other servers' answers, as many as come in time. */
  async askAll(subject: Subject, query: object): Promise<unknown[]> {
    const expected = (await this.size()) - 1;
    if (expected < 1) return [];
    return this.#ask(undefined, expected, subject, query);
  }

  /** One server's answer. @throws RangeError when there is none in time */
  async ask(server: string, subject: Subject, query: object): Promise<unknown> {
    const [answer] =
      server === this.id ? [await this.#respond(subject, query)] : await this.#ask(server, 1, subject, query);
    if (answer === undefined) throw new RangeError("there is no such server, or it does not answer");
    return answer;
  }

  #ask(to: string | undefined, expected: number, subject: Subject, query: object): Promise<unknown[]> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const answers = new Map<string, unknown>();
      const end = (): void => {
        this.#clock.clearTimeout(timer);
        this.#questions.delete(id);
        resolve([...answers.values()]);
      };
      const timer = this.#clock.setTimeout(end, PATIENCE);
      this.#questions.set(id, {
        answered(from, answer) {
          answers.set(from, answer);
          if (answers.size === expected) end();
        },
      });
      this.#send({ kind: "ask", id, to, from: this.id, subject, query });
    });
  }

  #send(message: object): void {
    this.#namespace.serverSideEmit(CLUSTER_EVENT, message);
  }

  /** What comes over a bus may be of another version, or forged. */
  async #receive(message: unknown): Promise<void> {
    if (typeof message !== "object" || message === null) return;
    const { kind, id, to, from, subject, query, answer }: Record<string, unknown> = { ...message };
    if (typeof id !== "string" || typeof from !== "string") return;
    if (kind === "answer" && to === this.id) return this.#questions.get(id)?.answered(from, answer);
    if (kind !== "ask" || !isSubject(subject) || (to ?? this.id) !== this.id) return;
    const reply = { kind: "answer", id, to: from, from: this.id };
    try {
      this.#send({ ...reply, answer: await this.#respond(subject, { ...(query as object) }) });
    } catch (error) {
      this.#send({ ...reply, answer: refusalOf(error) });
    }
  }
}

/** What is told of an error. */
export function refusalOf(error: unknown): { error: { code: string; message: string } } {
  return error instanceof RangeError
    ? { error: { code: "ERR_INVALID", message: error.message } }
    : { error: { code: "ERR_INTERNAL", message: "Internal server error" } };
}

const isSubject = (value: unknown): value is Subject =>
  value === "overview" || value === "rooms" || value === "sockets";
