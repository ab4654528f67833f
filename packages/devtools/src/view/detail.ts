/** The chosen entry in full. */
import { bytesText, clockText, durationText, kindOf } from "../describe.ts";
import type { Entry } from "../entry.ts";
import { h } from "./dom.ts";

export interface DetailHome {
  /** Chooses another entry. */
  choose(seq: number): void;
  copy(text: string): void;
  close(): void;
}

/** Facts as pairs of a name and a value. */
function factsOf(entry: Entry, startedAt: number): [string, string | undefined][] {
  const facts: [string, string | undefined][] = [
    ["Time", `${new Date(startedAt + entry.at).toLocaleTimeString()} (${clockText(entry.at)} s)`],
    [
      "Direction",
      "direction" in entry ? (entry.direction === "out" ? "client → server" : "server → client") : undefined,
    ],
    ["Transport", entry.transport],
  ];
  if ("bytes" in entry) facts.push(["Size", bytesText(entry.bytes)]);
  if (entry.kind === "packet") {
    facts.push(["Namespace", entry.namespace], ["Ack id", entry.id?.toString()]);
    facts.push(["Latency", entry.latency === undefined ? undefined : durationText(entry.latency)]);
    facts.push(["Attachments", entry.attachments.map(bytesText).join(", ") || undefined]);
  }
  if (entry.kind === "request" || entry.kind === "response") {
    facts.push(["Packets", String(entry.packets)]);
    facts.push(["Duration", entry.duration === undefined ? undefined : durationText(entry.duration)]);
  }
  return facts;
}

/** The entry that belongs to it, and what to call the way there. */
function relatedOf(entry: Entry): [seq: number | undefined, label: string] {
  if (entry.kind === "packet")
    return [entry.pair, entry.type === "ACK" ? "Show the event" : "Show the acknowledgement"];
  if (entry.kind === "request") return [entry.answer, "Show the answer"];
  if (entry.kind === "response") return [entry.request, "Show the request"];
  return [undefined, ""];
}

/** The payload, indented where it is whole JSON. */
export function payloadOf(entry: Entry): string {
  if (entry.kind === "note") return entry.detail;
  if (entry.kind !== "packet" && entry.kind !== "frame") return "";
  if (entry.kind === "packet" && entry.truncated) return `${entry.text}…`;
  try {
    return JSON.stringify(JSON.parse(entry.text), undefined, 2);
  } catch {
    return entry.text;
  }
}

export function detail(entry: Entry, startedAt: number, home: DetailHome): HTMLElement {
  const payload = payloadOf(entry);
  const [related, label] = relatedOf(entry);
  const facts = factsOf(entry, startedAt).filter(([, value]) => value !== undefined);
  const list = h("dl", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  if (related !== undefined) {
    const go = h("button", { class: "link", type: "button", click: () => home.choose(related) }, label);
    list.append(h("dt", {}, "Related"), h("dd", {}, go));
  }
  const copy = h(
    "button",
    { type: "button", click: () => home.copy(payload || JSON.stringify(entry)) },
    "Copy",
  );
  const close = h(
    "button",
    { type: "button", "aria-label": "Close details", click: () => home.close() },
    "✕",
  );
  return h(
    "aside",
    { class: "detail", "aria-label": "Details" },
    h("header", {}, h("h2", {}, kindOf(entry)), copy, close),
    h(
      "div",
      { class: "body", tabindex: 0, role: "group", "aria-label": "Details of the chosen entry" },
      list,
      payload ? h("pre", {}, payload) : undefined,
    ),
  );
}
