/** The panel of an inspector: namespaces, their sockets and rooms, and the chosen one beside them. */
import type { Socket } from "@sockeye/client";
import { bytesText } from "../describe.ts";
import type { Action, NamespaceInfo, RoomInfo, SocketInfo } from "../inspector/answers.ts";
import { Inspection, type Known, type Look, PAGE } from "../inspector/inspection.ts";
import { confirm } from "./confirm.ts";
import { h, setAttribute, setText } from "./dom.ts";
import { countText, rateText } from "./figures.ts";
import { InspectorHead } from "./inspector-head.ts";
import { KeyedTable, type TableHome } from "./keyed-table.ts";
import { type Target, TargetDetail, type TargetHome } from "./target-detail.ts";

/** Milliseconds between two looks at a server. */
const INTERVAL = 1000;

type List = Look["list"];

export class InspectorView implements TableHome, TargetHome {
  readonly element: HTMLElement;
  readonly #head: InspectorHead;
  readonly #namespaces: KeyedTable<NamespaceInfo>;
  readonly #sockets: KeyedTable<SocketInfo>;
  readonly #rooms: KeyedTable<RoomInfo>;
  readonly #tabs: Record<List, HTMLButtonElement>;
  readonly #search: HTMLInputElement;
  readonly #room: HTMLButtonElement;
  readonly #all: HTMLButtonElement;
  readonly #range: HTMLElement = h("span", { class: "range" });
  readonly #before: HTMLButtonElement;
  readonly #after: HTMLButtonElement;
  readonly #empty: HTMLElement = h("p", { class: "none" });
  readonly #main: HTMLElement;
  readonly #live: HTMLElement = h("div", { class: "hidden", role: "status" });
  #inspection: Inspection | undefined;
  #detail: TargetDetail | undefined;
  #failure: string | undefined;

  constructor() {
    const turn = (change: Partial<Look>): void => this.#turn(change);
    this.#head = new InspectorHead({
      choose: (server) => {
        this.close();
        turn({ server, offset: 0, room: undefined });
      },
      admit: (credential) => this.#inspection?.admit(credential),
    });
    this.#namespaces = new KeyedTable("Namespaces", NAMESPACE_COLUMNS, {
      choose: (namespace) => {
        this.close();
        turn({ namespace, offset: 0, room: undefined });
      },
      leaf: () => {},
      close: () => this.close(),
    });
    this.#sockets = new KeyedTable("Sockets", SOCKET_COLUMNS, this);
    this.#rooms = new KeyedTable("Rooms", ROOM_COLUMNS, this);
    this.#tabs = { sockets: this.#tab("sockets", "Sockets"), rooms: this.#tab("rooms", "Rooms") };
    this.#search = h("input", {
      class: "search",
      type: "search",
      placeholder: "Search",
      "aria-label": "Search in names, ids and addresses",
      spellcheck: "false",
      input: () => turn({ search: this.#search.value, offset: 0 }),
    });
    this.#room = button("", () => turn({ room: undefined, offset: 0 }));
    this.#all = button("All…", () => this.#open({ kind: "namespace", name: this.#look.namespace }));
    this.#before = button("Previous", () => this.leaf(-1));
    this.#after = button("Next", () => this.leaf(1));
    this.#main = h(
      "div",
      { class: "main" },
      h("div", { class: "namespaces scroll", tabindex: -1 }, this.#namespaces.element),
      this.#pane(),
    );
    this.element = h("div", { class: "panel inspector" }, this.#head.element, this.#main, this.#live);
  }

  #tab(list: List, name: string): HTMLButtonElement {
    return button(name, () => {
      this.close();
      this.#turn({ list, offset: 0, room: undefined });
    });
  }

  #pane(): HTMLElement {
    const tabs = h("div", { class: "tabs", role: "group", "aria-label": "What is listed" });
    tabs.append(this.#tabs.sockets, this.#tabs.rooms);
    return h(
      "div",
      { class: "pane" },
      h("div", { class: "bar" }, tabs, this.#room, this.#search, this.#all),
      h("div", { class: "scroll", tabindex: -1 }, this.#sockets.element, this.#rooms.element, this.#empty),
      h("div", { class: "foot" }, this.#range, h("span", { class: "pages" }, this.#before, this.#after)),
    );
  }

  get #look(): Look {
    return this.#inspection?.look as Look;
  }

  #turn(change: Partial<Look>): void {
    this.#inspection?.turn(change);
  }

  // --- the connection ---

  /** Asks from now on. */
  connect(socket: Socket | undefined): void {
    this.disconnect();
    if (socket) this.#inspection = new Inspection(socket, INTERVAL, () => this.#draw());
    this.#inspection?.start();
    this.#draw();
  }

  disconnect(): void {
    this.close();
    this.#inspection?.stop();
    this.#inspection = undefined;
  }

  // --- drawing ---

  #draw(): void {
    const { known, look } = this.#inspection ?? {};
    this.#head.draw(known, look?.server, this.#failure);
    if (!known || !look) return;
    const { overview } = known;
    const server = overview?.servers.find(({ id }) => id === look.server) ?? overview?.servers[0];
    this.#namespaces.draw(server?.namespaces ?? [], look.namespace);
    for (const [name, tab] of Object.entries(this.#tabs))
      setAttribute(tab, "aria-pressed", String(name === look.list));
    setAttribute(this.#room, "hidden", look.room === undefined ? "" : undefined);
    setText(this.#room, `in ${look.room} ✕`);
    setAttribute(this.#room, "aria-label", `Sockets of room ${look.room}; show all`);
    setAttribute(this.#all, "hidden", overview?.readonly === false ? undefined : "");
    this.#drawList(known, look);
    this.#detail?.draw(this.#infoOf(this.#detail.target), overview?.readonly ?? true);
  }

  #drawList({ sockets, rooms, pageError, overview }: Known, look: Look): void {
    const isSockets = look.list === "sockets";
    this.#sockets.element.hidden = !isSockets;
    this.#rooms.element.hidden = isSockets;
    const chosen = this.#detail?.target;
    if (isSockets)
      this.#sockets.draw(sockets?.items ?? [], chosen?.kind === "socket" ? chosen.id : undefined);
    else this.#rooms.draw(rooms?.items ?? [], chosen?.kind === "room" ? chosen.name : undefined);
    const page = isSockets ? sockets : rooms;
    const { total = 0, items = [] } = page ?? {};
    const last = look.offset + items.length;
    setText(
      this.#range,
      items.length
        ? `${countText(look.offset + 1)}–${countText(last)} of ${countText(total)} ${look.list}`
        : `${countText(total)} ${look.list}`,
    );
    this.#before.disabled = look.offset === 0;
    this.#after.disabled = last >= total;
    this.#empty.hidden = items.length > 0;
    setText(this.#empty, pageError ?? (page ? "There are none." : overview ? "…" : ""));
  }

  #infoOf(target: Target): SocketInfo | RoomInfo | undefined {
    const { socket, rooms } = this.#inspection?.known ?? {};
    if (target.kind === "socket") return socket;
    return target.kind === "room" ? rooms?.items.find(({ name }) => name === target.name) : undefined;
  }

  #say(text: string): void {
    setText(this.#live, text);
  }

  // --- what tables and details ask for ---

  choose(key: string): void {
    if (this.#look.list === "rooms") this.#open({ kind: "room", name: key });
    else this.#open({ kind: "socket", id: key });
  }

  #open(target: Target): void {
    this.#detail?.element.remove();
    const { known } = this.#inspection as Inspection;
    this.#detail = new TargetDetail(target, known.overview?.readonly ?? true, this);
    this.#main.append(this.#detail.element);
    this.#turn({ socket: target.kind === "socket" ? target.id : undefined });
    this.#detail.element.querySelector<HTMLElement>("header button")?.focus();
  }

  close(): void {
    const { element, target } = this.#detail ?? {};
    const hadFocus = element?.contains((element.getRootNode() as ShadowRoot).activeElement);
    element?.remove();
    this.#detail = undefined;
    if (!target || !this.#inspection) return;
    this.#turn({ socket: undefined });
    if (!hadFocus) return;
    const table = target.kind === "room" ? this.#rooms.element : this.#sockets.element;
    (table.querySelector<HTMLElement>("[tabindex='0']") ?? this.#all).focus();
  }

  leaf(by: 1 | -1): void {
    const { offset, list } = this.#look;
    const total = this.#inspection?.known[list]?.total ?? 0;
    const next = offset + by * PAGE;
    if (next >= 0 && next < total) this.#turn({ offset: next });
  }

  showSockets(room: string): void {
    this.close();
    this.#turn({ list: "sockets", room, search: "", offset: 0 });
    this.#search.value = "";
  }

  async act(action: Action): Promise<void> {
    const inspection = this.#inspection as Inspection;
    this.#failure = undefined;
    try {
      const proposal = await inspection.propose(action);
      if (!(await confirm(this.element, proposal.statement))) return this.#say("Nothing was done");
      await inspection.confirm(proposal);
      this.#say(`Done: ${proposal.statement}`);
    } catch (error) {
      this.#failure = (error as Error).message;
    }
    this.#draw();
  }
}

const NAMESPACE_COLUMNS = [
  { title: "Namespace", text: ({ name }: NamespaceInfo) => name },
  { title: "Sockets", numeric: true, text: ({ sockets }: NamespaceInfo) => countText(sockets) },
  { title: "Rooms", numeric: true, text: ({ rooms }: NamespaceInfo) => countText(rooms) },
  { title: "In/s", numeric: true, text: ({ rates }: NamespaceInfo) => rateText(rates.in) },
  { title: "Out/s", numeric: true, text: ({ rates }: NamespaceInfo) => rateText(rates.out) },
];

const SOCKET_COLUMNS = [
  { title: "Socket", text: ({ id }: SocketInfo) => id },
  { title: "Transport", text: ({ transport }: SocketInfo) => transport },
  { title: "Address", wide: true, text: ({ address }: SocketInfo) => address },
  { title: "Buffered", numeric: true, text: ({ bufferedBytes }: SocketInfo) => bytesText(bufferedBytes) },
  { title: "Rooms", wide: true, text: ({ rooms }: SocketInfo) => rooms.join(", ") },
];

const ROOM_COLUMNS = [
  { title: "Room", text: ({ name }: RoomInfo) => name },
  { title: "Sockets", numeric: true, text: ({ sockets }: RoomInfo) => countText(sockets) },
];

const button = (name: string, click: () => void): HTMLButtonElement =>
  h("button", { type: "button", click }, name);
