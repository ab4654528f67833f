/** The panel of a recording: a list as timeline or table, and the chosen entry beside it. */

import type { Entry } from "../entry.ts";
import { ALL, FilteredRows } from "../filter.ts";
import type { Recording } from "../record.ts";
import { detail, payloadOf } from "./detail.ts";
import { h, setAttribute, setText } from "./dom.ts";
import { type Mark, packetRow, timelineRow } from "./rows.ts";
import { ROW_HEIGHT } from "./styles.ts";
import { Toolbar, type ToolbarHome, type View } from "./toolbar.ts";
import { type ListSource, VirtualList } from "./virtual-list.ts";

const HEADS: Record<View, () => Node[]> = {
  timeline: () => [
    h("span", { class: "time-title" }, "s"),
    h("span", { class: "actors" }, h("span", {}, "Client"), h("span", {}, "Server")),
    h("span"),
  ],
  packets: () => [
    h("span", { class: "time-title" }, "s"),
    h("span"),
    h("span", { class: "kind-title" }, "Type"),
    h("span", {}, "Name and payload"),
    h("span", {}, "Took, size"),
  ],
};

export class WireView implements ToolbarHome, ListSource {
  readonly element: HTMLElement;
  readonly #bar: Toolbar = new Toolbar(this);
  readonly #rows: FilteredRows = new FilteredRows();
  readonly #list: VirtualList;
  readonly #head: HTMLElement = h("div", { class: "head", "aria-hidden": "true" });
  readonly #scroller: HTMLElement;
  readonly #pane: HTMLElement;
  readonly #main: HTMLElement;
  readonly #empty: HTMLElement = h("div", { class: "empty" });
  readonly #latest: HTMLElement;
  readonly #count: HTMLElement = h("span");
  readonly #missing: HTMLElement = h("span");
  readonly #live: HTMLElement = h("div", { class: "hidden", role: "status" });
  readonly #resize: ResizeObserver;
  #recording: Recording | undefined;
  #unsubscribe: (() => void) | undefined;
  #frame = 0;
  #view: View = "timeline";
  #selected: number | undefined;
  #shown: Entry | undefined;
  #announced = -1;
  /** The rows that were there when the list was drawn last: newer ones fade in. */
  #drawnUpTo = -1;

  constructor() {
    const spacer = h("div", { class: "spacer", role: "presentation" });
    this.#scroller = h(
      "div",
      {
        class: "scroller",
        role: "listbox",
        tabindex: 0,
        id: "list",
        keydown: (event: KeyboardEvent) => this.#onKey(event),
        click: (event: MouseEvent) => this.#onClick(event),
      },
      spacer,
    );
    this.#latest = h(
      "button",
      { class: "latest", type: "button", hidden: true, click: () => this.#toEnd() },
      "↓ Latest",
    );
    this.#pane = h("div", { class: "pane" }, this.#head, this.#scroller, this.#empty, this.#latest);
    this.#main = h("div", { class: "main" }, this.#pane);
    const parts = { scroller: this.#scroller, spacer, rowHeight: ROW_HEIGHT };
    this.#list = new VirtualList(parts, this, (following) => {
      this.#latest.hidden = following;
    });
    this.#resize = new ResizeObserver(() => this.#list.draw());
    this.element = h("div", { class: "panel" }, this.#bar.element, this.#main, this.#foot(), this.#live);
    this.show("timeline");
  }

  #foot(): HTMLElement {
    const keys = h(
      "span",
      { class: "keys" },
      h("kbd", {}, "↑"),
      " ",
      h("kbd", {}, "↓"),
      " choose   ",
      h("kbd", {}, "/"),
      " search   ",
      h("kbd", {}, "Esc"),
      " close details",
    );
    return h("div", { class: "foot" }, this.#count, this.#missing, keys);
  }

  /** Without bar and foot, for a place of its own in another tool. */
  set bare(bare: boolean) {
    this.#bar.element.hidden = bare;
    (this.element.children[2] as HTMLElement).hidden = bare;
  }

  // --- the recording ---

  /** Watches a recording as long as the view is in a page. */
  set recording(recording: Recording | undefined) {
    if (recording === this.#recording) return;
    const connected = this.#unsubscribe !== undefined;
    this.disconnect();
    this.#recording = recording;
    this.#rows.reset();
    this.#select(undefined);
    this.#list.following = true;
    this.#announced = this.#drawnUpTo = -1;
    if (connected) this.connect();
  }

  get recording(): Recording | undefined {
    return this.#recording;
  }

  connect(): void {
    this.#resize.observe(this.#scroller);
    this.#unsubscribe?.();
    const schedule = (): void => {
      this.#frame ||= requestAnimationFrame(() => this.#draw());
    };
    this.#unsubscribe = this.#recording?.subscribe(schedule) ?? (() => {});
    this.#draw();
  }

  disconnect(): void {
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #draw(): void {
    this.#frame = 0;
    const snapshot = this.#recording?.getSnapshot();
    const entries = snapshot?.entries ?? [];
    this.#list.shift(this.#rows.update(entries));
    this.#list.draw();
    this.#point();
    this.#drawnUpTo = entries.at(-1)?.seq ?? -1;
    this.#bar.setState(snapshot?.state);
    this.#bar.setNamespaces(this.#rows.namespaces);
    this.#drawCounts(entries.length, snapshot?.dropped ?? 0, snapshot?.skipped ?? 0);
    this.#drawDetail();
    this.#announce(entries);
  }

  #drawCounts(total: number, dropped: number, skipped: number): void {
    const { length } = this.#rows;
    const number = (n: number): string => n.toLocaleString("en");
    setText(
      this.#count,
      length === total ? `${number(total)} entries` : `${number(length)} of ${number(total)} entries`,
    );
    const missing = [
      dropped && `${number(dropped)} older ones dropped`,
      skipped && `${number(skipped)} not recorded while paused`,
    ];
    setText(this.#missing, missing.filter(Boolean).join(", "));
    this.#empty.hidden = length > 0;
    setText(
      this.#empty,
      total
        ? "Nothing matches the filter."
        : this.#recording
          ? "Nothing has crossed the wire yet."
          : "No recording.",
    );
    setAttribute(
      this.#scroller,
      "aria-label",
      `${this.#view === "timeline" ? "Timeline" : "Packets"}, ${number(length)} entries`,
    );
  }

  /** Tells a screen reader what becomes of the connection; packets would be too many. */
  #announce(entries: readonly Entry[]): void {
    const last = entries.at(-1)?.seq ?? -1;
    const notes: string[] = [];
    for (let index = entries.length - 1; index >= 0; index--) {
      const entry = entries[index] as Entry;
      if (entry.seq <= this.#announced || notes.length === 3) break;
      if (entry.kind === "note") notes.unshift(entry.text);
    }
    const first = this.#announced < 0;
    this.#announced = last;
    if (notes.length && !first) setText(this.#live, notes.join(". "));
  }

  // --- what the list shows ---

  get length(): number {
    return this.#rows.length;
  }

  get pinned(): number {
    const index = this.#selected === undefined ? -1 : this.#rows.indexOf(this.#selected);
    return this.keyAt(index) === this.#selected ? index : -1;
  }

  keyAt(index: number): number {
    return this.#rows.at(index)?.seq ?? -1;
  }

  /** The entry itself, or a text that tells a marked one apart. */
  stateAt(index: number): unknown {
    const entry = this.#rows.at(index);
    const mark = entry && this.#markOf(entry);
    return mark ? `${mark} ${"latency" in entry} ${"answer" in entry}` : entry;
  }

  render(index: number): HTMLElement {
    const entry = this.#rows.at(index) as Entry;
    const element = (this.#view === "timeline" ? timelineRow : packetRow)(entry, this.#markOf(entry));
    if (this.#list.following && entry.seq > this.#drawnUpTo && this.#drawnUpTo >= 0)
      element.classList.add("fresh");
    return element;
  }

  #markOf(entry: Entry): Mark {
    if (this.#selected === undefined) return "";
    if (entry.seq === this.#selected) return "selected";
    const related =
      ("pair" in entry && entry.pair === this.#selected) ||
      ("answer" in entry && entry.answer === this.#selected) ||
      ("request" in entry && entry.request === this.#selected);
    return related ? "related" : "";
  }

  // --- choosing ---

  #select(seq: number | undefined): void {
    this.#selected = seq;
    this.#list?.draw();
    this.#point();
    this.#drawDetail();
  }

  /** Tells assistive technology which row has the focus, unless it is filtered away. */
  #point(): void {
    const row = this.pinned < 0 ? undefined : `row-${this.#selected}`;
    setAttribute(this.#scroller, "aria-activedescendant", row);
  }

  #drawDetail(): void {
    const entry = this.#selected === undefined ? undefined : this.#rows.find(this.#selected);
    if (entry === this.#shown) return;
    this.#shown = entry;
    this.#main.querySelector(".detail")?.remove();
    if (!entry || !this.#recording) return;
    const home = {
      choose: (seq: number) => this.#choose(seq),
      copy: (text: string) => this.#copy(text),
      close: () => this.#closeDetail(),
    };
    this.#main.append(detail(entry, this.#recording.startedAt, home));
  }

  #closeDetail(): void {
    this.#select(undefined);
    this.#scroller.focus();
  }

  #choose(seq: number): void {
    this.#select(seq);
    const index = this.#rows.indexOf(seq);
    if (index >= 0) this.#list.reveal(index);
    this.#scroller.focus();
  }

  #onClick(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>(".row");
    const seq = Number(row?.dataset.seq);
    if (!row) return;
    // It shall not run away from under the pointer.
    this.#list.follow(false);
    this.#select(seq === this.#selected ? undefined : seq);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "c") this.#copySelected();
      return;
    }
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: this.#list.pageSize,
      PageUp: -this.#list.pageSize,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step !== undefined) this.#step(step);
    else if (event.key === "Escape" && this.#selected !== undefined) this.#closeDetail();
    else if (event.key === "Enter") this.#main.querySelector<HTMLElement>(".detail .body")?.focus();
    else if (event.key === "/") this.#bar.search.focus();
    else return;
    event.preventDefault();
  }

  #step(step: number): void {
    const { length } = this.#rows;
    if (length === 0) return;
    const at = this.#selected === undefined ? (step > 0 ? -1 : length) : this.#rows.indexOf(this.#selected);
    const index = Math.min(length - 1, Math.max(0, at + step));
    this.#list.following = false;
    this.#select(this.keyAt(index));
    this.#list.reveal(index);
  }

  #toEnd(): void {
    this.#list.follow(true);
    this.#scroller.focus();
  }

  #copySelected(): void {
    if (this.#shown) this.#copy(payloadOf(this.#shown) || JSON.stringify(this.#shown));
  }

  // --- what the bar asks for ---

  show(view: View): void {
    this.#view = view;
    this.#pane.className = `pane ${view}`;
    this.#head.replaceChildren(...HEADS[view]());
    this.#bar.setView(view);
    this.#list.redraw();
  }

  filter(change: Parameters<ToolbarHome["filter"]>[0]): void {
    this.#rows.setFilter({ ...ALL, ...this.#rows.filter, ...change });
    this.#list.redraw();
    this.#draw();
    if (this.#selected !== undefined && !this.#list.following) {
      const index = this.#rows.indexOf(this.#selected);
      if (this.keyAt(index) === this.#selected) this.#list.reveal(index);
    }
  }

  togglePause(): void {
    const { state } = this.#recording?.getSnapshot() ?? {};
    if (state === "recording") this.#recording?.pause();
    else this.#recording?.resume();
    this.#draw();
  }

  clear(): void {
    this.#recording?.clear();
    this.#select(undefined);
    this.#list.following = true;
    this.#draw();
  }

  take(how: "copy" | "export"): void {
    if (!this.#recording) return;
    const json = JSON.stringify({ ...this.#recording.toJSON(), entries: this.#rows.list() }, undefined, 1);
    if (how === "copy") this.#copy(json);
    else this.#save(json);
  }

  #save(json: string): void {
    const url = URL.createObjectURL(new Blob([json], { type: "application/json" }));
    h("a", {
      href: url,
      download: `sockeye-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.json`,
    }).click();
    // The download has its own hold on the data by the next turn.
    setTimeout(() => URL.revokeObjectURL(url), 0);
    setText(this.#live, "Exported");
  }

  #copy(text: string): void {
    const told = (result: string) => (): void => setText(this.#live, result);
    // Not there on pages without TLS.
    if (!navigator.clipboard) told("The page may not copy: it was not loaded by https")();
    else
      navigator.clipboard.writeText(text).then(told("Copied"), told("The browser did not let the page copy"));
  }
}
