/** Entries in words: the label on an arrow, the cells of a row, a sentence for a screen reader. */
import type { Entry, PacketEntry } from "./entry.ts";

/** "54 B", "1.2 kB"; a kilobyte is 1000 bytes. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** "1.7 ms", "24.9 s". */
export function durationText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${(ms / 60_000).toFixed(1)} min`;
}

/** The time since the recording began: "0.204", "1:02.511". */
export function clockText(at: number): string {
  const minutes = Math.floor(at / 60_000);
  const seconds = ((at % 60_000) / 1000).toFixed(3);
  return minutes ? `${minutes}:${seconds.padStart(6, "0")}` : seconds;
}

/** What it is, in a word or two. */
export function titleOf(entry: Entry): string {
  switch (entry.kind) {
    case "request":
      return entry.transport === "polling" ? entry.method : `${entry.method} ${entry.transport}`;
    case "response":
      return entry.status ? String(entry.status) : "no answer";
    case "frame":
      return entry.text === "probe" ? `${entry.type} probe` : entry.type;
    case "packet":
      return entry.event ?? entry.type;
    case "note":
      return entry.text;
  }
}

/** What it carries, in one line; empty when that is nothing. */
export function summaryOf(entry: Entry): string {
  switch (entry.kind) {
    case "request":
      return entry.packets ? count(entry.packets, "packet") : "";
    case "response":
      if (entry.method === "POST") return "ok";
      return entry.packets ? count(entry.packets, "packet") : "";
    case "frame":
      return entry.text === "probe" ? "" : entry.text;
    case "packet":
      return argumentsOf(entry);
    case "note":
      return entry.detail;
  }
}

/** The arguments without the name of the event, which stands beside them. */
export function argumentsOf({ type, text }: PacketEntry): string {
  if (type !== "EVENT") return text;
  const rest = text.replace(/^\[\s*("(?:[^"\\]|\\.)*"|\d+)\s*,?\s*/, "");
  return rest.replace(/\]$/, "");
}

/** Everything about it in a sentence. */
export function sentenceOf(entry: Entry): string {
  const parts = [
    `${clockText(entry.at)} s`,
    "direction" in entry ? (entry.direction === "out" ? "client to server" : "server to client") : undefined,
    kindOf(entry),
    entry.kind === "packet" && entry.namespace !== "/" ? `namespace ${entry.namespace}` : undefined,
    summaryOf(entry).slice(0, 80),
    "bytes" in entry && entry.bytes ? bytesText(entry.bytes) : undefined,
    timing(entry),
  ];
  return parts.filter(Boolean).join(", ");
}

/** What kind of thing it is, with its name. */
export function kindOf(entry: Entry): string {
  switch (entry.kind) {
    case "request":
      return `HTTP request ${titleOf(entry)}`;
    case "response":
      return `HTTP answer ${titleOf(entry)} to ${entry.method}`;
    case "frame":
      return `Engine.IO ${titleOf(entry)}`;
    case "packet":
      if (entry.type === "EVENT") return `event ${entry.event}`;
      if (entry.type === "ACK") return `acknowledgement${entry.event ? ` of ${entry.event}` : ""}`;
      return `Socket.IO ${entry.type}`;
    case "note":
      return entry.text;
  }
}

/** How long it took; of an event, until its acknowledgement. */
export function timing(entry: Entry): string | undefined {
  if (entry.kind === "packet" && entry.latency !== undefined) {
    return `${entry.type === "EVENT" ? "acknowledged after " : "after "}${durationText(entry.latency)}`;
  }
  if (entry.kind === "request" && entry.duration !== undefined)
    return `answered after ${durationText(entry.duration)}`;
  if (entry.kind === "response" && entry.duration !== undefined)
    return `after ${durationText(entry.duration)}`;
  return undefined;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
