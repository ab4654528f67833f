/** `<sockeye-devtools>`: the panels for any page. Importing it defines the element. */
import type { Recording } from "./record.ts";
import { applyStyles } from "./view/styles.ts";
import { WireView } from "./view/wire-view.ts";

// On a server there is nothing to be defined, and nothing to fail about.
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * A panel. Attributes: `theme` ("light" or "dark"; without it, as the system), `view` ("timeline" or "packets": what is
 * shown first), `bare` (without the bar). It is 480 pixels high unless it is told otherwise.
 *
 * @example
 * import "@sockeye/devtools/element";
 * const panel = document.querySelector("sockeye-devtools");
 * panel.recording = record(socket);
 */
export class SockeyeDevtools extends Base {
  static readonly observedAttributes: readonly string[] = ["view", "bare"];
  #view: WireView | undefined;
  #recording: Recording | undefined;

  /** What is shown. */
  get recording(): Recording | undefined {
    return this.#recording;
  }

  set recording(recording: Recording | undefined) {
    this.#recording = recording;
    if (this.#view) this.#view.recording = recording;
  }

  connectedCallback(): void {
    if (!this.#view) {
      const root = this.attachShadow({ mode: "open" });
      applyStyles(root);
      this.#view = new WireView();
      root.append(this.#view.element);
      for (const name of SockeyeDevtools.observedAttributes) this.attributeChangedCallback(name);
    }
    this.#view.recording = this.#recording;
    this.#view.connect();
  }

  disconnectedCallback(): void {
    this.#view?.disconnect();
  }

  attributeChangedCallback(name: string): void {
    if (!this.#view) return;
    if (name === "bare") this.#view.bare = this.hasAttribute("bare");
    else this.#view.show(this.getAttribute("view") === "packets" ? "packets" : "timeline");
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "sockeye-devtools": SockeyeDevtools;
  }
}

if (globalThis.customElements && !customElements.get("sockeye-devtools")) {
  customElements.define("sockeye-devtools", SockeyeDevtools);
}
