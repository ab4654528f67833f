/** What is known of a socket, a room or a whole namespace, and what can be done to it. */
import { bytesText } from "../describe.ts";
import type { Action, RoomInfo, SocketInfo } from "../inspector/answers.ts";
import { h } from "./dom.ts";
import { countText } from "./figures.ts";

/** Who is meant. */
export type Target =
  | { readonly kind: "socket"; readonly id: string }
  | { readonly kind: "room"; readonly name: string }
  | { readonly kind: "namespace"; readonly name: string };

export interface TargetHome {
  act(action: Action): void;
  /** Lists the sockets of a room. */
  showSockets(room: string): void;
  close(): void;
}

export class TargetDetail {
  readonly element: HTMLElement;
  readonly target: Target;
  readonly #home: TargetHome;
  readonly #facts: HTMLElement = h("dl");
  readonly #rooms: HTMLElement = h("ul", { class: "rooms", "aria-label": "Rooms" });
  #drawn = "";

  constructor(target: Target, readonly: boolean, home: TargetHome) {
    this.target = target;
    this.#home = home;
    const close = h(
      "button",
      { type: "button", "aria-label": "Close details", click: () => home.close() },
      "✕",
    );
    this.element = h(
      "aside",
      { class: "detail", "aria-label": "Details" },
      h("header", {}, h("h2", {}, titleOf(target)), close),
      h("div", { class: "body" }, this.#facts, this.#rooms, readonly ? undefined : this.#actions()),
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") home.close();
    });
  }

  /** @param info undefined when it has gone, or is not known yet */
  draw(info: SocketInfo | RoomInfo | undefined, readonly: boolean): void {
    const state = JSON.stringify(info ?? null);
    // Rebuilt only for a reason: a button may have the focus.
    if (state === this.#drawn) return;
    this.#drawn = state;
    const facts = info ? factsOf(info) : this.target.kind === "namespace" ? [] : [["State", "not there"]];
    this.#facts.replaceChildren(...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
    if (info && "rooms" in info) this.#drawRooms(info.rooms, readonly);
  }

  #drawRooms(rooms: readonly string[], readonly: boolean): void {
    const there = new Map(
      [...this.#rooms.children].map((item) => [(item as HTMLElement).dataset.room, item]),
    );
    for (const [room, item] of there) if (!rooms.includes(room as string)) item.remove();
    for (const room of rooms) if (!there.has(room)) this.#rooms.append(this.#room(room, readonly));
  }

  #room(room: string, readonly: boolean): HTMLElement {
    const leave = h(
      "button",
      {
        type: "button",
        "aria-label": `Leave ${room}`,
        click: () => this.#home.act({ action: "leave", room, ...aim(this.target) }),
      },
      "Leave",
    );
    return h("li", { "data-room": room }, h("span", {}, room), readonly ? undefined : leave);
  }

  #actions(): HTMLElement {
    const { target } = this;
    const input = h("input", { "aria-label": "Room to join", placeholder: "Room", required: true });
    const join = h(
      "form",
      {
        class: "join",
        submit: (event: Event) => {
          event.preventDefault();
          this.#home.act({ action: "join", room: input.value, ...aim(target) });
        },
      },
      input,
      h("button", {}, "Join"),
    );
    const button = (name: string, action: Action): HTMLElement =>
      h("button", { type: "button", class: "danger", click: () => this.#home.act(action) }, name);
    const all = h("div", { class: "acts" }, join);
    if (target.kind === "room") {
      const { name } = target;
      const show = h(
        "button",
        { type: "button", click: () => this.#home.showSockets(name) },
        "Show its sockets",
      );
      all.prepend(show);
      all.append(button("Empty the room", { action: "leave", room: name, target: name }));
    }
    all.append(button("Disconnect", { action: "disconnect", ...aim(target) }));
    if (target.kind === "socket")
      all.append(button("Close the connection", { action: "disconnect", close: true, ...aim(target) }));
    return all;
  }
}

const titleOf = (target: Target): string =>
  target.kind === "socket"
    ? `Socket ${target.id}`
    : target.kind === "room"
      ? `Room ${target.name}`
      : `All of ${target.name}`;

const aim = (target: Target): Pick<Action, "socket" | "target"> =>
  target.kind === "socket" ? { socket: target.id } : target.kind === "room" ? { target: target.name } : {};

function factsOf(info: SocketInfo | RoomInfo): [string, string][] {
  if ("name" in info) return [["Sockets", countText(info.sockets)]];
  return [
    ["Transport", info.transport],
    ["Address", info.address],
    ["Connected", new Date(info.connectedAt).toLocaleTimeString()],
    ["Buffered", bytesText(info.bufferedBytes)],
    ["Rooms", info.rooms.length ? countText(info.rooms.length) : "none"],
  ];
}
