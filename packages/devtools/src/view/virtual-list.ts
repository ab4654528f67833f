/** A list of which only what is in sight is in the page; rows have one height. */
import { setAttribute } from "./dom.ts";

/** What a list shows. */
export interface ListSource {
  readonly length: number;
  /** The row that is in the page even out of sight, because it has the focus; -1 for none. */
  readonly pinned: number;
  /** An identity of the row that survives when rows go at the front. */
  keyAt(index: number): number;
  /** Changes whenever the row has to be drawn anew. */
  stateAt(index: number): unknown;
  render(index: number): HTMLElement;
}

/** Rows that are kept ready above and below. */
const OVERSCAN = 8;

interface Drawn {
  element: HTMLElement;
  state: unknown;
  index: number;
}

export class VirtualList {
  /** Whether the list goes with its end as it grows. */
  following = true;
  readonly #scroller: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #source: ListSource;
  readonly #rowHeight: number;
  readonly #drawn: Map<number, Drawn> = new Map();
  readonly #onFollow: (following: boolean) => void;

  constructor(
    parts: { scroller: HTMLElement; spacer: HTMLElement; rowHeight: number },
    source: ListSource,
    onFollow: (following: boolean) => void,
  ) {
    this.#scroller = parts.scroller;
    this.#spacer = parts.spacer;
    this.#rowHeight = parts.rowHeight;
    this.#source = source;
    this.#onFollow = onFollow;
    parts.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  /** Rows that fit into the view. */
  get pageSize(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight) - 1);
  }

  /** Rows went at the front: what is looked at stays where it is. */
  shift(rows: number): void {
    if (rows > 0 && !this.following) this.#scroller.scrollTop -= rows * this.#rowHeight;
  }

  draw(): void {
    const { length } = this.#source;
    const height = `${length * this.#rowHeight}px`;
    if (this.#spacer.style.height !== height) this.#spacer.style.height = height;
    if (this.following) this.#scroller.scrollTop = length * this.#rowHeight;
    this.#drawWindow();
  }

  /** Draws all rows anew, as when they shall look different. */
  redraw(): void {
    for (const { element } of this.#drawn.values()) element.remove();
    this.#drawn.clear();
    this.draw();
  }

  /** Brings a row into sight, with as little movement as possible. */
  reveal(index: number): void {
    const top = index * this.#rowHeight;
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + this.#rowHeight > scrollTop + clientHeight) {
      this.#scroller.scrollTop = top + this.#rowHeight - clientHeight;
    }
    this.#scrolled();
  }

  follow(following: boolean): void {
    if (following === this.following) return;
    this.following = following;
    this.#onFollow(following);
    this.draw();
  }

  #scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    // Without a size, as in a hidden tab, nothing can be told.
    if (clientHeight > 0) {
      const atEnd = scrollTop + clientHeight >= scrollHeight - this.#rowHeight;
      if (atEnd !== this.following) {
        this.following = atEnd;
        this.#onFollow(atEnd);
      }
    }
    this.#drawWindow();
  }

  #drawWindow(): void {
    const { scrollTop, clientHeight } = this.#scroller;
    const { length } = this.#source;
    const first = Math.max(0, Math.floor(scrollTop / this.#rowHeight) - OVERSCAN);
    const end = Math.min(length, Math.ceil((scrollTop + clientHeight) / this.#rowHeight) + OVERSCAN);
    const keep = new Set<number>();
    let before: HTMLElement | undefined;
    const { pinned } = this.#source;
    const indices = Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
    if (pinned >= 0 && pinned < first) indices.unshift(pinned);
    else if (pinned >= end) indices.push(pinned);
    for (const index of indices) {
      const key = this.#source.keyAt(index);
      keep.add(key);
      before = this.#place(key, index, before);
    }
    for (const [key, { element }] of this.#drawn) {
      if (keep.has(key)) continue;
      element.remove();
      this.#drawn.delete(key);
    }
  }

  /** Draws a row behind the one before it, so that the page has them in their order. */
  #place(key: number, index: number, before: HTMLElement | undefined): HTMLElement {
    const state = this.#source.stateAt(index);
    let drawn = this.#drawn.get(key);
    if (!drawn || drawn.state !== state) {
      const element = this.#source.render(index);
      drawn?.element.replaceWith(element);
      drawn = { element, state, index: -1 };
      this.#drawn.set(key, drawn);
    }
    const { element } = drawn;
    if (drawn.index !== index) {
      drawn.index = index;
      element.style.transform = `translateY(${index * this.#rowHeight}px)`;
      setAttribute(element, "aria-posinset", String(index + 1));
    }
    setAttribute(element, "aria-setsize", String(this.#source.length));
    const next = before ? before.nextSibling : this.#spacer.firstChild;
    if (next !== element) this.#spacer.insertBefore(element, next);
    return element;
  }
}
