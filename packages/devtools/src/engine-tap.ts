/** Listens to one engine: the frames of all its transports, in the order of the wire. */
import type { Manager } from "@sockeye/client";
import type { FrameEntry, RequestEntry } from "./entry.ts";
import { Listeners, type Source } from "./listeners.ts";
import { sizeOf, utf8Length } from "./packet-reader.ts";
import type { Packets, Sink } from "./packets.ts";
import { Requests } from "./requests.ts";
import { maskSessionId } from "./secrets.ts";

export type Engine = Manager["engine"];

interface WirePacket {
  type: string;
  data?: unknown;
}

interface WireTransport extends Source {
  name: string;
}

/** What opens a transport that is no series of requests. */
const OPENING: Readonly<Record<string, [RequestEntry["method"], status: number]>> = {
  websocket: ["GET", 101],
  webtransport: ["CONNECT", 200],
};

export class EngineTap {
  readonly engine: Engine;
  readonly #sink: Sink;
  readonly #packets: Packets;
  readonly #secrets: boolean;
  readonly #listeners: Listeners = new Listeners();
  readonly #requests: Map<string, Requests> = new Map();
  readonly #transports: WeakSet<object> = new WeakSet();
  /** Transports whose opening has been recorded. */
  readonly #opening: Set<string> = new Set();
  /** The transport that is tried beside the one in use. */
  #candidate: string | undefined;

  constructor(engine: Engine, sink: Sink, packets: Packets, secrets: boolean) {
    this.engine = engine;
    this.#sink = sink;
    this.#packets = packets;
    this.#secrets = secrets;
    if (engine.readyState === "opening") this.#opens(this.#current.name);
    this.#listen();
  }

  get #current(): WireTransport {
    return this.engine.transport as unknown as WireTransport;
  }

  #listen(): void {
    this.#listeners.add(this.engine as unknown as Source, {
      packet: (packet: WirePacket) => this.#receive(packet, this.#current.name),
      sent: (packets: WirePacket[], transport: WireTransport) => this.#write(packets, transport.name),
      handshake: ({ upgrades }: { upgrades: string[] }) => this.#handshake(upgrades),
      upgrading: (transport: WireTransport) => this.#receive({ type: "pong", data: "probe" }, transport.name),
      upgrade: (transport: WireTransport) => this.#upgraded(transport),
      upgradeError: (error: Error & { transport?: string }) => this.#upgradeFailed(error),
    });
    this.#watch(this.#current);
  }

  stop(): void {
    this.#listeners.clear();
  }

  /** The events of a transport that makes requests. */
  #watch(transport: WireTransport): void {
    if (this.#transports.has(transport)) return;
    this.#transports.add(transport);
    this.#transportListeners(transport);
  }

  #transportListeners(transport: WireTransport): void {
    const requests = this.#of(transport.name);
    const polls = transport.name === "polling";
    this.#listeners.add(transport, {
      error: (error: { description?: unknown; context?: { responseText?: unknown } }) => {
        const { description, context } = error;
        const status = typeof description === "number" ? description : 0;
        const text = typeof context?.responseText === "string" ? context.responseText : "";
        requests.fail(undefined, status, status ? utf8Length(text) : 0);
      },
      ...(polls && {
        poll: () => requests.send("GET"),
        pollComplete: () => requests.complete(),
        drain: () => requests.posted(),
      }),
    });
  }

  #of(name: string): Requests {
    let requests = this.#requests.get(name);
    if (!requests) {
      requests = new Requests(this.#sink, name);
      this.#requests.set(name, requests);
    }
    return requests;
  }

  /** The request that opens a transport has been sent. */
  #opens(name: string): void {
    this.#opening.add(name);
    this.#of(name).send(OPENING[name]?.[0] ?? "GET");
  }

  /** What opens a transport has been answered, as what it carries shows. */
  #opened(name: string): void {
    const [method, status] = OPENING[name] ?? [];
    if (method && status) this.#of(name).answer(method, status);
  }

  #receive({ type, data }: WirePacket, transport: string): void {
    const bytes = frameBytes(data, transport);
    // One that was tried after another, or in a race with it: nobody tells of it before it has won.
    if (type === "open" && !this.#opening.has(transport))
      this.#of(transport).sent(OPENING[transport]?.[0] ?? "GET");
    if (transport === "polling") this.#of(transport).read(bytes);
    else this.#opened(transport);
    if (type === "message") this.#packets.push("in", transport, data, bytes);
    else this.#frame("in", transport, type, data, bytes);
  }

  #write(packets: WirePacket[], transport: string): void {
    if (transport === "polling") {
      const bytes = packets.reduce((sum, { data }) => sum + frameBytes(data, transport) + 1, -1);
      this.#of(transport).post(bytes, packets.length);
    } else this.#opened(transport);
    for (const { type, data } of packets) {
      const bytes = frameBytes(data, transport);
      if (type === "message") this.#packets.push("out", transport, data, bytes);
      else this.#frame("out", transport, type, data, bytes);
    }
  }

  #frame(
    direction: FrameEntry["direction"],
    transport: string,
    type: string,
    data: unknown,
    bytes: number,
  ): void {
    if (type === "error") return;
    const text = typeof data === "string" ? data : "";
    this.#sink.add({
      kind: "frame",
      direction,
      transport,
      type: type as FrameEntry["type"],
      text: type === "open" && !this.#secrets ? maskSessionId(text) : text,
      bytes,
    });
  }

  /** The session is open; the client tries what else the server offers. */
  #handshake(upgrades: string[]): void {
    this.#watch(this.#current);
    const { opts, transports } = this.engine;
    const [candidate] = opts.upgrade === false ? [] : upgrades.filter((name) => transports.includes(name));
    if (!candidate || candidate === this.#current.name) return;
    this.#candidate = candidate;
    this.#opens(candidate);
  }

  #upgraded(transport: WireTransport): void {
    // The client says it on the new transport, before anybody is told.
    this.#candidate = undefined;
    this.#watch(transport);
    this.#note(
      "good",
      `Upgraded to ${transport.name}`,
      "From here on everything flows on the new transport.",
      transport.name,
    );
  }

  #upgradeFailed({ message, transport = this.#candidate }: Error & { transport?: string }): void {
    this.#note(
      "bad",
      `Upgrade to ${transport ?? "another transport"} failed`,
      `${message}; ${this.#current.name} stays in use.`,
      this.#current.name,
    );
  }

  #note(level: "good" | "bad", text: string, detail: string, transport: string): void {
    this.#sink.add({ kind: "note", level, text, detail, transport });
  }
}

/** Bytes of an Engine.IO packet: the type digit and the data, or binary as it is; in polling, base64. */
function frameBytes(data: unknown, transport: string): number {
  if (data === undefined) return 1;
  if (typeof data === "string") return 1 + utf8Length(data);
  const bytes = sizeOf(data);
  return transport === "polling" ? 1 + Math.ceil(bytes / 3) * 4 : bytes;
}
