/** The head of an inspector's panel: which server, how it fares, and the credential where one is asked for. */

import { bytesText } from "../describe.ts";
import type { ServerInfo } from "../inspector/answers.ts";
import type { Known } from "../inspector/inspection.ts";
import { h, setAttribute, setText } from "./dom.ts";
import { countText, spanText } from "./figures.ts";

export interface HeadHome {
  /** Looks at another server. */
  choose(server: string): void;
  /** Tries a credential. */
  admit(credential: string): void;
}

const FIGURES: Record<string, (server: ServerInfo) => string> = {
  Clients: ({ clients }) => countText(clients),
  Heap: ({ memory }) => `${bytesText(memory.heapUsed)} of ${bytesText(memory.heapTotal)}`,
  Memory: ({ memory }) => bytesText(memory.rss),
  Up: ({ uptime }) => spanText(uptime),
};

const WORDS = {
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
  disconnected: "Not connected",
};

export class InspectorHead {
  readonly element: HTMLElement;
  readonly #servers: HTMLSelectElement;
  readonly #status: HTMLElement = h("span", { class: "status" });
  readonly #note: HTMLElement = h("p", { class: "note", role: "alert", hidden: true });
  readonly #figures: HTMLElement = h("dl", { class: "figures" });
  readonly #values: Record<string, HTMLElement> = {};
  readonly #form: HTMLFormElement;

  constructor(home: HeadHome) {
    this.#servers = h("select", {
      "aria-label": "Server",
      change: () => home.choose(this.#servers.value),
    });
    for (const name of Object.keys(FIGURES)) {
      const value = h("dd");
      this.#values[name] = value;
      this.#figures.append(h("div", {}, h("dt", {}, name), value));
    }
    const input = h("input", {
      type: "password",
      "aria-label": "Credential",
      placeholder: "Credential",
      autocomplete: "off",
      required: true,
    });
    this.#form = h(
      "form",
      {
        class: "admit",
        hidden: true,
        submit: (event: Event) => {
          event.preventDefault();
          home.admit(input.value);
          input.value = "";
        },
      },
      input,
      h("button", {}, "Connect"),
    );
    const bar = h("div", { class: "bar" }, this.#status, this.#servers, this.#figures, this.#form);
    this.element = h("div", {}, bar, this.#note);
  }

  /**
   * @param chosen the server that is looked at
   * @param failure why nothing came of the last action
   */
  draw(known: Known | undefined, chosen: string | undefined, failure: string | undefined): void {
    const { connection, overview } = known ?? {};
    const status = connection?.status;
    setText(this.#status, status ? WORDS[status] : "No socket");
    setAttribute(this.#status, "data-status", status);
    const refused = status === "disconnected" && connection?.error !== undefined;
    this.#form.hidden = !refused;
    this.#drawServers(overview?.servers ?? [], chosen);
    const server = overview?.servers.find(({ id }) => id === chosen) ?? overview?.servers[0];
    this.#figures.hidden = !server;
    for (const [name, text] of Object.entries(FIGURES))
      if (server) setText(this.#values[name] as HTMLElement, text(server));
    const silent = overview?.silent ?? 0;
    const notes = [
      refused && `Refused: ${connection.error?.message}`,
      failure,
      known?.pageError ?? known?.overviewError,
      silent > 0 && `${silent} ${silent === 1 ? "server does" : "servers do"} not answer`,
    ];
    const note = notes.find(Boolean) || "";
    this.#note.hidden = note === "";
    setText(this.#note, note);
  }

  #drawServers(servers: readonly ServerInfo[], chosen: string | undefined): void {
    this.#servers.hidden = servers.length < 2;
    const ids = servers.map(({ id }) => id);
    if (ids.join() !== [...this.#servers.options].map(({ value }) => value).join()) {
      this.#servers.replaceChildren(
        ...servers.map(({ id, host, pid }) => h("option", { value: id }, `${host} ${pid}`)),
      );
    }
    this.#servers.value = chosen !== undefined && ids.includes(chosen) ? chosen : (ids[0] ?? "");
  }
}
