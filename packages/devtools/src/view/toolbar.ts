/** The bar above a list: what is shown, and what is done with the recording. */
import type { Category } from "../entry.ts";
import { CATEGORIES } from "../filter.ts";
import { h, setAttribute, setText } from "./dom.ts";

export type View = "timeline" | "packets";

/** What the bar needs of its panel. */
export interface ToolbarHome {
  show(view: View): void;
  filter(change: {
    categories?: ReadonlySet<Category>;
    namespace?: string | undefined;
    query?: string;
  }): void;
  togglePause(): void;
  clear(): void;
  /** Copies or saves what is shown. */
  take(how: "copy" | "export"): void;
}

const NAMES: Record<Category, string> = {
  events: "Events",
  connection: "Connection",
  heartbeat: "Heartbeat",
  http: "HTTP",
};

export class Toolbar {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  readonly #home: ToolbarHome;
  readonly #tabs: Record<View, HTMLButtonElement>;
  readonly #pause: HTMLButtonElement;
  readonly #namespace: HTMLSelectElement;
  #shown: ReadonlySet<Category> = new Set(CATEGORIES);

  constructor(home: ToolbarHome) {
    this.#home = home;
    this.search = h("input", {
      class: "search",
      type: "search",
      placeholder: "Search",
      "aria-label": "Search in names and payloads",
      spellcheck: "false",
      input: () => home.filter({ query: this.search.value }),
    });
    this.#tabs = { timeline: this.#tab("timeline", "Timeline"), packets: this.#tab("packets", "Packets") };
    this.#pause = button("Pause", () => home.togglePause());
    this.#namespace = h("select", {
      "aria-label": "Namespace",
      hidden: true,
      change: () => home.filter({ namespace: this.#namespace.value || undefined }),
    });
    this.element = this.#layout();
  }

  #layout(): HTMLElement {
    const { timeline, packets } = this.#tabs;
    const tabs = h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": "View", keydown: this.#onTabKey },
      timeline,
      packets,
    );
    const chips = h(
      "div",
      { class: "chips", role: "group", "aria-label": "Show" },
      ...CATEGORIES.map(this.#chip),
    );
    const actions = h(
      "div",
      { class: "actions", role: "group", "aria-label": "Recording" },
      this.#pause,
      button("Clear", () => this.#home.clear()),
      button("Copy", () => this.#home.take("copy"), "Copy what is shown as JSON"),
      button("Export", () => this.#home.take("export"), "Export what is shown as a JSON file"),
    );
    return h("div", { class: "bar" }, tabs, this.search, chips, this.#namespace, actions);
  }

  #tab(view: View, name: string): HTMLButtonElement {
    return h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${view}`,
        "aria-controls": "list",
        click: () => this.#home.show(view),
      },
      name,
    );
  }

  readonly #onTabKey = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const view = this.#tabs.timeline.getAttribute("aria-selected") === "true" ? "packets" : "timeline";
    this.#home.show(view);
    this.#tabs[view].focus();
  };

  readonly #chip = (category: Category): HTMLElement => {
    const chip: HTMLElement = h(
      "button",
      {
        type: "button",
        class: category,
        "aria-pressed": "true",
        click: () => {
          const shown = new Set(this.#shown);
          if (!shown.delete(category)) shown.add(category);
          this.#shown = shown;
          chip.setAttribute("aria-pressed", String(shown.has(category)));
          this.#home.filter({ categories: shown });
        },
      },
      h("i"),
      NAMES[category],
    );
    return chip;
  };

  setView(view: View): void {
    for (const [name, tab] of Object.entries(this.#tabs)) {
      tab.setAttribute("aria-selected", String(name === view));
      tab.tabIndex = name === view ? 0 : -1;
    }
  }

  setState(state: "recording" | "paused" | "stopped" | undefined): void {
    setText(this.#pause, state === "paused" ? "Resume" : state === "stopped" ? "Stopped" : "Pause");
    this.#pause.disabled = state === undefined || state === "stopped";
    this.#pause.classList.toggle("on", state === "paused");
  }

  setNamespaces(names: ReadonlySet<string>): void {
    const options = ["", ...[...names].sort()];
    if (this.#namespace.options.length === options.length) return;
    const { value } = this.#namespace;
    this.#namespace.replaceChildren(
      ...options.map((name) => h("option", { value: name }, name || "All namespaces")),
    );
    this.#namespace.value = value;
    setAttribute(this.#namespace, "hidden", names.size > 1 ? undefined : "");
  }
}

function button(name: string, click: () => void, label?: string): HTMLButtonElement {
  return h(
    "button",
    { type: "button", click, title: label, "aria-label": label && `${name}: ${label}` },
    name,
  );
}
