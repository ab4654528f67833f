/** How one entry looks: as an arrow of the sequence diagram, or as a line of the packet list. */
import { bytesText, clockText, durationText, sentenceOf, summaryOf, titleOf } from "../describe.ts";
import { categoryOf, type Entry } from "../entry.ts";
import { h } from "./dom.ts";

/** Whether a row is the chosen one, or belongs to it: the acknowledgement of an event, the answer to a request. */
export type Mark = "selected" | "related" | "";

export type RowRenderer = (entry: Entry, mark: Mark) => HTMLElement;

function row(entry: Entry, mark: Mark, ...children: (Node | undefined)[]): HTMLElement {
  const direction = "direction" in entry ? entry.direction : "";
  const level = entry.kind === "note" ? entry.level : failed(entry) ? "bad" : "";
  return h(
    "div",
    {
      id: `row-${entry.seq}`,
      class: `row ${entry.kind} ${categoryOf(entry)} ${direction} ${level} ${mark}${isAck(entry) ? " reply" : ""}${entry.transport ? "" : " unlinked"}`,
      role: "option",
      "aria-selected": String(mark === "selected"),
      "data-seq": entry.seq,
    },
    // Read in its place; what is seen is in another order, and cut.
    h("span", { class: "hidden" }, sentenceOf(entry)),
    h("span", { class: "cells", "aria-hidden": "true" }, ...children),
  );
}

const isAck = (entry: Entry): boolean => entry.kind === "packet" && entry.type === "ACK";

function failed(entry: Entry): boolean {
  if (entry.kind === "response") return entry.status === 0 || entry.status >= 400;
  return entry.kind === "packet" && (entry.type === "CONNECT_ERROR" || entry.type === "UNKNOWN");
}

const time = (entry: Entry): HTMLElement => h("span", { class: "time" }, clockText(entry.at));

function badge(entry: Entry): HTMLElement | undefined {
  if (entry.kind !== "packet") return;
  const text = entry.namespace === "/" ? "" : entry.namespace;
  return text ? h("span", { class: "badge" }, text) : undefined;
}

/** What stands at the end of a row: how long it took, how large it is. */
function figures(entry: Entry): HTMLElement {
  const took = tookOf(entry);
  const bytes = "bytes" in entry && entry.bytes ? bytesText(entry.bytes) : "";
  return h(
    "span",
    { class: "figures" },
    h("span", { class: "took" }, took === undefined ? "" : durationText(took)),
    h("span", { class: "bytes" }, bytes),
  );
}

function tookOf(entry: Entry): number | undefined {
  // Once for each pair, where it is known.
  if (entry.kind === "packet") return isAck(entry) ? entry.latency : undefined;
  return entry.kind === "response" ? entry.duration : undefined;
}

/** One step of the sequence diagram. */
export const timelineRow: RowRenderer = (entry, mark) => {
  if (entry.kind === "note") {
    const detail = entry.detail ? h("span", { class: "note-detail" }, entry.detail) : undefined;
    const note = h("span", { class: "note-text" }, h("strong", {}, entry.text), detail);
    return row(entry, mark, time(entry), h("span", { class: "lane" }, note), h("span", { class: "figures" }));
  }
  const ack =
    entry.kind === "packet" && entry.type === "ACK" ? h("span", { class: "ack" }, "ack") : undefined;
  const label = h(
    "span",
    { class: "label" },
    badge(entry),
    ack,
    h("strong", {}, titleOf(entry)),
    h("span", { class: "summary" }, summaryOf(entry).slice(0, 200)),
  );
  const lane = h("span", { class: "lane" }, h("span", { class: "arrow" }), label);
  return row(entry, mark, time(entry), lane, figures(entry));
};

const KINDS = { request: "HTTP", response: "HTTP", frame: "engine", note: "" } as const;

/** One line of the packet list. */
export const packetRow: RowRenderer = (entry, mark) => {
  const arrow = "direction" in entry ? (entry.direction === "out" ? "→" : "←") : "•";
  const kind = entry.kind === "packet" ? entry.type : KINDS[entry.kind];
  const text = h(
    "span",
    { class: "text" },
    badge(entry),
    h("strong", {}, titleOf(entry)),
    h("span", { class: "summary" }, summaryOf(entry).slice(0, 300)),
  );
  return row(
    entry,
    mark,
    time(entry),
    h("span", { class: "direction" }, arrow),
    h("span", { class: "kind" }, kind),
    text,
    figures(entry),
  );
};
