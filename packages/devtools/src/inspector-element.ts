/** `<sockeye-inspector>`: what goes on in a server, for any page. Importing it defines the element. */
import type { Socket } from "@sockeye/client";
import { INSPECTOR_CSS } from "./view/inspector-styles.ts";
import { InspectorView } from "./view/inspector-view.ts";
import { applyStyles } from "./view/styles.ts";

// On a server there is nothing to be defined, and nothing to fail about.
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * A panel for the namespace that `inspector()` of @sockeye/server opens. It asks for a credential when the server
 * refuses the one it was given. Attribute: `theme` ("light" or "dark"; without it, as the system). It is 480 pixels
 * high unless it is told otherwise.
 *
 * @example
 * import "@sockeye/devtools/inspector";
 * document.querySelector("sockeye-inspector").socket = io("/inspector", { auth: { credential } });
 */
export class SockeyeInspector extends Base {
  #view: InspectorView | undefined;
  #socket: Socket | undefined;

  /** A socket of the inspector's namespace. It stays its owner's, who closes it. */
  get socket(): Socket | undefined {
    return this.#socket;
  }

  set socket(socket: Socket | undefined) {
    if (socket === this.#socket) return;
    this.#socket = socket;
    if (this.isConnected) this.#view?.connect(socket);
  }

  connectedCallback(): void {
    if (!this.#view) {
      const root = this.attachShadow({ mode: "open" });
      applyStyles(root, INSPECTOR_CSS);
      this.#view = new InspectorView();
      root.append(this.#view.element);
    }
    this.#view.connect(this.#socket);
  }

  disconnectedCallback(): void {
    this.#view?.disconnect();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "sockeye-inspector": SockeyeInspector;
  }
}

if (globalThis.customElements && !customElements.get("sockeye-inspector")) {
  customElements.define("sockeye-inspector", SockeyeInspector);
}
