/** A table whose rows stay the same elements from one answer to the next, so that the focus stays, too. */
import { h, setAttribute, setText } from "./dom.ts";

export interface Column<Item> {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly numeric?: boolean;
  /** Is left out where there is little room. */
  readonly wide?: boolean;
  text(item: Item): string;
}

interface Row {
  readonly element: HTMLTableRowElement;
  readonly button: HTMLButtonElement;
  readonly cells: readonly HTMLElement[];
}

export interface TableHome {
  /** A row was chosen. */
  choose(key: string): void;
  /** The page before or after. */
  leaf(by: 1 | -1): void;
  close(): void;
}

/** The first column names the row and is its button; arrow keys go from row to row. */
export class KeyedTable<Item> {
  readonly element: HTMLTableElement;
  readonly #columns: readonly Column<Item>[];
  readonly #body: HTMLTableSectionElement;
  readonly #rows: Map<string, Row> = new Map();
  readonly #home: TableHome;

  constructor(name: string, columns: readonly Column<Item>[], home: TableHome) {
    this.#columns = columns;
    this.#home = home;
    const titles = columns.map((column) => h("th", { scope: "col", class: classOf(column) }, column.title));
    this.#body = h("tbody", { keydown: (event: KeyboardEvent) => this.#onKey(event) });
    this.element = h("table", { "aria-label": name }, h("thead", {}, h("tr", {}, ...titles)), this.#body);
  }

  /** @param chosen the key of the row that is chosen */
  draw(items: readonly Item[], chosen: string | undefined): void {
    const keys = items.map((item) => this.#keyOf(item));
    const there = new Set(keys);
    for (const [key, { element }] of this.#rows) {
      if (there.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
    const root = this.#body.getRootNode() as ShadowRoot;
    const focused = keys.find((key) => this.#rows.get(key)?.button === root.activeElement);
    const inTabOrder = focused ?? (chosen && there.has(chosen) ? chosen : keys[0]);
    for (const [at, item] of items.entries()) {
      const key = keys[at] as string;
      const { element, button, cells } = this.#rowOf(key);
      if (this.#body.children[at] !== element)
        this.#body.insertBefore(element, this.#body.children[at] ?? null);
      for (const [index, column] of this.#columns.entries())
        setText(cells[index] as HTMLElement, column.text(item));
      setAttribute(element, "class", key === chosen ? "chosen" : undefined);
      setAttribute(button, "aria-expanded", String(key === chosen));
      button.tabIndex = key === inTabOrder ? 0 : -1;
    }
  }

  #keyOf(item: Item): string {
    return (this.#columns[0] as Column<Item>).text(item);
  }

  #rowOf(key: string): Row {
    const known = this.#rows.get(key);
    if (known) return known;
    const button = h("button", { type: "button", class: "name", click: () => this.#home.choose(key) });
    const [first, ...rest] = this.#columns;
    const others = rest.map((column) => h("td", { class: classOf(column) }));
    const head = h("th", { scope: "row", class: classOf(first as Column<Item>) }, button);
    const row = { element: h("tr", {}, head, ...others), button, cells: [button, ...others] };
    this.#rows.set(key, row);
    return row;
  }

  #onKey(event: KeyboardEvent): void {
    const buttons = [...this.#body.querySelectorAll("button")];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) {
      const button = buttons[Math.min(buttons.length - 1, Math.max(0, next))];
      for (const each of buttons) each.tabIndex = each === button ? 0 : -1;
      button?.focus();
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      this.#home.leaf(event.key === "PageDown" ? 1 : -1);
    } else if (event.key === "Escape") this.#home.close();
    else return;
    event.preventDefault();
  }
}

const classOf = ({ numeric, wide }: Column<never>): string | undefined =>
  [numeric && "number", wide && "wide"].filter(Boolean).join(" ") || undefined;
