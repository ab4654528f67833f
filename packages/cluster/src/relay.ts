/** Streams to the servers that have the sessions which clients name here, and from those that name this one's. */
import type { Clock, Timer } from "@sockeye/core";
import { Allowance } from "./allowance.ts";
import type { NodeId, StreamClient, StreamEvent, StreamMessage } from "./message.ts";
import { FIRST_WINDOW, RelayStream, WINDOW } from "./relay-stream.ts";

/** Who serves what other servers relay (the `RelayHost` of @sockeye/server). */
interface StreamHost {
  has(sid: string): boolean;
  accept(stream: RelayStream): void;
}

/** What the relay needs of its server. */
interface RelayHome {
  readonly clock: Clock;
  send(to: NodeId, message: StreamMessage): void;
  /** A promise while more is waiting for the bus than should be. */
  relief(): Promise<void> | undefined;
  /** The other server whose id begins so; waits for it while this one has only just come. */
  peer(beginning: string): NodeId | undefined | Promise<NodeId | undefined>;
  /** Asks all servers who has a session. */
  locate(sid: string): Promise<NodeId | undefined>;
}

/** This server's end of a stream. */
interface End {
  readonly node: NodeId;
  readonly stream: RelayStream;
  /** Whether this is the end that has called. */
  readonly caller: boolean;
  /** How many messages have come: a gap ends the stream. */
  heard: number;
  /** Runs until the other server has said anything. */
  timer: Timer;
}

/** Of a server's id, as much as tells it from the others. */
const MARK_LENGTH = 8;

/** Requests that wait for the word of another server, at most: more are refused at once. */
const MAX_UNDECIDED = 1_000;

/** Questions for the owners of ids that the application has made, per second. */
const MAX_QUESTIONS = 200;

/** The longest id that is looked for, in characters. */
const MAX_SID = 256;

/** The `SessionRelay` of @sockeye/server, by its shape. */
export class Relay {
  readonly mark: string;
  readonly #home: RelayHome;
  readonly #timeout: number;
  readonly #hosts = new Set<StreamHost>();
  readonly #called = new Map<string, End>();
  readonly #answered = new Map<string, End>();
  readonly #questions: Allowance;
  #lastStream = 0;
  #undecided = 0;

  /** @param timeout milliseconds after which a server that says nothing counts as without the session */
  constructor(id: NodeId, home: RelayHome, timeout: number) {
    this.mark = `.${id.slice(0, MARK_LENGTH)}`;
    this.#home = home;
    this.#timeout = timeout;
    this.#questions = new Allowance(home.clock, MAX_QUESTIONS);
  }

  /** How many streams this server has begun. */
  get calls(): number {
    return this.#lastStream;
  }

  serve(host: StreamHost): () => void {
    this.#hosts.add(host);
    return () => this.#hosts.delete(host);
  }

  has(sid: string): boolean {
    return this.#hostOf(sid) !== undefined;
  }

  async connect(sid: string, client: StreamClient, unmarked: boolean): Promise<RelayStream | undefined> {
    if (this.#undecided >= MAX_UNDECIDED || sid.length > MAX_SID) return undefined;
    this.#undecided++;
    const owner = await this.#ownerOf(sid, unmarked).finally(() => this.#undecided--);
    return owner === undefined ? undefined : this.#call(owner, sid, client);
  }

  /** Takes what another server's end says. */
  receive(from: NodeId, message: StreamMessage): void {
    if (message.kind === "dial") {
      this.#answer(from, message);
      return;
    }
    const { kind, stream, caller, number } = message;
    const end = (caller ? this.#answered : this.#called).get(keyOf(from, stream));
    if (!end) {
      // The other end does not know yet that this one is over.
      if (kind !== "hang") this.#home.send(from, { kind: "hang", stream, caller: !caller, number: 0 });
    } else if (kind === "hang" || number !== end.heard + 1) end.stream.destroy();
    else {
      end.heard = number;
      this.#decide(end);
      end.stream.receive(message);
    }
  }

  /** A server is gone, or cannot be heard. */
  forget(node: NodeId): void {
    for (const ends of [this.#called, this.#answered]) {
      for (const end of [...ends.values()]) if (end.node === node) end.stream.destroy();
    }
  }

  async #ownerOf(sid: string, unmarked: boolean): Promise<NodeId | undefined> {
    const dot = sid.length - MARK_LENGTH - 1;
    if (!unmarked) return sid[dot] === "." ? this.#home.peer(sid.slice(dot + 1)) : undefined;
    return this.#questions.take() ? this.#home.locate(sid) : undefined;
  }

  #call(owner: NodeId, sid: string, client: StreamClient): RelayStream {
    const stream = ++this.#lastStream;
    const end = this.#open(owner, stream, true, client);
    this.#undecided++;
    end.timer = this.#home.clock.setTimeout(() => end.stream.destroy(), this.#timeout);
    this.#home.send(owner, { kind: "dial", stream, sid, client });
    return end.stream;
  }

  /** Whoever has the session says so at once, by a grant. */
  #answer(from: NodeId, { stream, sid, client }: Extract<StreamMessage, { kind: "dial" }>): void {
    const host = this.#hostOf(sid);
    if (!host || this.#answered.has(keyOf(from, stream))) {
      this.#home.send(from, { kind: "hang", stream, caller: false, number: 0 });
      return;
    }
    const end = this.#open(from, stream, false, client);
    end.stream.grant();
    host.accept(end.stream);
  }

  #hostOf(sid: string): StreamHost | undefined {
    for (const host of this.#hosts) if (host.has(sid)) return host;
    return undefined;
  }

  #open(node: NodeId, stream: number, caller: boolean, client: StreamClient): End {
    const ends = caller ? this.#called : this.#answered;
    const key = keyOf(node, stream);
    const windows: [number, number] = caller ? [FIRST_WINDOW, WINDOW] : [WINDOW, FIRST_WINDOW];
    let number = 0;
    const line = {
      send: (event: StreamEvent) => this.#home.send(node, { ...event, stream, caller, number: ++number }),
      relief: () => this.#home.relief(),
      closed: () => {
        this.#decide(end);
        ends.delete(key);
      },
    };
    const end: End = {
      node,
      stream: new RelayStream(line, client, ...windows),
      caller,
      heard: 0,
      timer: undefined,
    };
    ends.set(key, end);
    return end;
  }

  #decide(end: End): void {
    if (end.timer === undefined) return;
    this.#home.clock.clearTimeout(end.timer);
    end.timer = undefined;
    this.#undecided--;
  }
}

const keyOf = (node: NodeId, stream: number): string => `${node} ${stream}`;
