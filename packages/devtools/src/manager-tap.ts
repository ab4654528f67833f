/** Listens to one Manager: each connection that it makes, and what becomes of it. */
import type { Manager } from "@sockeye/client";
import { EngineTap } from "./engine-tap.ts";
import type { Entry, NoteEntry } from "./entry.ts";
import { Listeners, type Source } from "./listeners.ts";
import type { ParserLike } from "./packet-reader.ts";
import { type PacketOptions, Packets, type Sink } from "./packets.ts";

const REASONS: Readonly<Record<string, string>> = {
  "ping timeout":
    "No ping came within the server's pingInterval + pingTimeout: the network is gone, or the server hangs.",
  "transport close": "The connection was closed from outside: by the server, a proxy, or the network.",
  "transport error": "The transport failed.",
  "forced close": "The client closed it: its last namespace was left, or close() was called.",
  "parse error": "The server sent something that is no valid packet.",
};

export class ManagerTap {
  readonly #manager: Manager;
  readonly #sink: Sink;
  readonly #packets: Packets;
  readonly #secrets: boolean;
  readonly #listeners: Listeners = new Listeners();
  #engine: EngineTap | undefined;
  #nextAttemptAt: number | undefined;

  constructor(manager: Manager, sink: Sink, options: PacketOptions) {
    this.#manager = manager;
    this.#sink = sink;
    this.#secrets = options.secrets;
    this.#packets = new Packets(sink, options, manager.opts.parser as ParserLike | undefined);
    this.#listeners.add(manager as unknown as Source, {
      open: () => this.#opened(),
      close: (reason: string, description?: unknown) => this.#closed(reason, description),
      error: (error: unknown) => this.#note("bad", "Connection failed", messageOf(error)),
      change: () => this.#changed(),
      reconnect: (attempt: number) => this.#note("good", "Connection restored", `At attempt ${attempt}.`),
      reconnect_failed: () => this.#note("bad", "Reconnection given up", "All attempts have failed."),
      emit_error: ({ code, message }: { code: string; message: string }, event: string) =>
        this.#note("bad", `"${event}" was not sent`, `${code}: ${message}`),
    });
    this.#tellState();
    this.#changed();
  }

  /** An entry has been dropped. */
  forget(entry: Entry): void {
    this.#packets.forget(entry);
  }

  stop(): void {
    this.#engine?.stop();
    this.#listeners.clear();
  }

  #tellState(): void {
    const { engine, _readyState: state } = this.#manager;
    if (state !== "open") return;
    this.#note("info", "Recording began", `The connection was open already, on ${engine.transport.name}.`);
  }

  /** Something has changed; perhaps there is another engine. */
  #changed(): void {
    const { engine, nextAttemptAt, attempts } = this.#manager;
    const wait = nextAttemptAt !== this.#nextAttemptAt && nextAttemptAt;
    this.#nextAttemptAt = nextAttemptAt;
    if (wait) {
      const seconds = Math.max(0, (wait - Date.now()) / 1000).toFixed(1);
      this.#note("info", `Reconnection attempt ${attempts} in ${seconds} s`);
    }
    if (!engine || engine === this.#engine?.engine || engine.readyState === "closed") return;
    this.#engine?.stop();
    this.#packets.reset();
    if (engine.readyState === "opening") {
      this.#note("info", "Connecting", `To ${hostOf(engine.opts)} by ${engine.transport.name}.`);
    }
    this.#engine = new EngineTap(engine, this.#sink, this.#packets, this.#secrets);
  }

  #opened(): void {
    const { engine } = this.#manager;
    this.#note("good", `Connected by ${engine.transport.name}`);
  }

  #closed(reason: string, description: unknown): void {
    this.#engine?.stop();
    this.#engine = undefined;
    this.#packets.reset();
    const told = messageOf(description);
    const detail = [REASONS[reason], told].filter(Boolean).join(" ");
    this.#note(reason === "forced close" ? "info" : "bad", `Closed: ${reason}`, detail);
  }

  #note(level: NoteEntry["level"], text: string, detail = ""): void {
    const { engine, _readyState: state } = this.#manager;
    const transport = state === "open" ? engine.transport.name : undefined;
    this.#sink.add({ kind: "note", level, text, detail, transport });
  }
}

/** What an error, or the description of a close, tells. */
function messageOf(error: unknown): string {
  if (typeof error === "string") return error;
  if (typeof error !== "object" || error === null) return "";
  const { message, description } = error as { message?: unknown; description?: unknown };
  if (typeof message !== "string") return typeof description === "string" ? `${description}.` : "";
  return typeof description === "number" && description ? `${message} (HTTP ${description})` : message;
}

function hostOf({ hostname, port, secure }: { hostname?: string; port?: unknown; secure?: boolean }): string {
  return `${secure ? "https" : "http"}://${hostname ?? ""}${port ? `:${port}` : ""}`;
}
