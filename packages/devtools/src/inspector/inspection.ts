/** What a panel knows of servers: asked for while somebody looks, never more than is in sight. */
import { type ConnectionState, observe, type Socket } from "@sockeye/client";
import type { Action, Overview, Page, Proposal, RoomInfo, SocketInfo } from "./answers.ts";
import { Poll } from "./poll.ts";

/** What is looked at. */
export interface Look {
  /** A server's id; undefined for the one that is connected to. */
  readonly server: string | undefined;
  readonly namespace: string;
  readonly list: "sockets" | "rooms";
  /** Only sockets of this room. */
  readonly room: string | undefined;
  readonly search: string;
  readonly offset: number;
  /** A socket that is looked at closely, though it may be on another page. */
  readonly socket: string | undefined;
}

export interface Known {
  readonly connection: ConnectionState;
  readonly overview?: Overview | undefined;
  readonly sockets?: Page<SocketInfo> | undefined;
  readonly rooms?: Page<RoomInfo> | undefined;
  /** Undefined if there is none, or not any more. */
  readonly socket?: SocketInfo | undefined;
  /** Why the last questions were not answered. */
  readonly overviewError?: string | undefined;
  readonly pageError?: string | undefined;
}

/** Items of a page. */
export const PAGE = 50;

/** Milliseconds for which an answer is waited for. */
const TIMEOUT = 10_000;

const START: Look = {
  server: undefined,
  namespace: "/",
  list: "sockets",
  room: undefined,
  search: "",
  offset: 0,
  socket: undefined,
};

export class Inspection {
  look: Look = START;
  known: Known;
  readonly #socket: Socket;
  readonly #changed: () => void;
  readonly #overview: Poll;
  readonly #page: Poll;
  #stop: () => void = () => {};

  /**
   * @param interval milliseconds between an answer and the next question
   * @param changed is called whenever more is known
   */
  constructor(socket: Socket, interval: number, changed: () => void) {
    this.#socket = socket;
    this.#changed = changed;
    this.known = { connection: observe(socket).getSnapshot() };
    const learning =
      (failure: "overviewError" | "pageError", ask: () => Promise<Partial<Known>>) =>
      async (): Promise<() => void> => {
        const news = await ask().catch(({ message }: Error) => ({ [failure]: message }));
        return () => this.#learn({ [failure]: undefined, ...news });
      };
    this.#overview = new Poll(
      interval,
      learning("overviewError", async () => ({ overview: await this.#ask("overview", {}) })),
    );
    this.#page = new Poll(
      interval,
      learning("pageError", () => this.#askPage()),
    );
  }

  /** Asks until {@link stop}, as long as there is a connection and the page is in sight. */
  start(): void {
    const { subscribe, getSnapshot } = observe(this.#socket);
    const check = (): void => {
      this.#learn({ connection: getSnapshot() });
      const active = this.#socket.connected && !document.hidden;
      for (const poll of [this.#overview, this.#page]) {
        if (active) poll.start();
        else poll.stop();
      }
    };
    const unsubscribe = subscribe(check);
    document.addEventListener("visibilitychange", check);
    this.#stop = () => {
      unsubscribe();
      document.removeEventListener("visibilitychange", check);
      this.#overview.stop();
      this.#page.stop();
    };
    check();
  }

  stop(): void {
    this.#stop();
  }

  /** Looks at something else, at once. */
  turn(change: Partial<Look>): void {
    this.look = { ...this.look, ...change };
    this.#page.again();
    this.#changed();
  }

  /** Connects with another credential. */
  admit(credential: string): void {
    this.#socket.auth = { credential };
    this.#socket.connect();
  }

  /** Asks what an action would do. */
  propose(action: Action): Promise<Proposal> {
    return this.#ask("propose", { namespace: this.look.namespace, ...action });
  }

  /** Does what was proposed. */
  async confirm({ token }: Proposal): Promise<void> {
    await this.#ask("confirm", { token });
    this.#page.again();
    this.#overview.again();
  }

  async #askPage(): Promise<Partial<Known>> {
    const { server, namespace, list, room, search, offset, socket: id } = this.look;
    const where = { server, namespace };
    const page = await this.#ask<Page<never>>(list, { ...where, room, search, offset, limit: PAGE });
    const news: Partial<Known> = { [list]: page, socket: undefined };
    if (id === undefined) return news;
    const listed: SocketInfo[] = list === "sockets" ? [...page.items] : [];
    const found = listed.find((socket) => socket.id === id);
    if (found) return { ...news, socket: found };
    const { items } = await this.#ask<Page<SocketInfo>>("sockets", { ...where, search: id, limit: 1 });
    return { ...news, socket: items[0] };
  }

  async #ask<Answer>(what: string, query: object): Promise<Answer> {
    const answer = await this.#socket.timeout(TIMEOUT).emitWithAck(`inspect:${what}`, query);
    if (answer.error) throw new Error(answer.error.message);
    return answer;
  }

  #learn(news: Partial<Known>): void {
    this.known = { ...this.known, ...news };
    this.#changed();
  }
}
