/** inspector(): a namespace that shows what goes on in a server, to those who have the credential. */
import type { Untyped } from "@sockeye/core";
import type { AnyServer, AnySocket, Server } from "../api/server.ts";
import { type ActionRequest, Actions } from "./actions.ts";
import { Fleet, refusalOf } from "./fleet.ts";
import { type InspectorOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { Rates } from "./rates.ts";
import { type ServerOverview, Survey } from "./survey.ts";

/**
 * Opens a namespace for inspection: `InspectorPanel` of @sockeye/devtools is its other side. Nothing of it is there
 * unless this is called, and events are counted only while an inspector asks. Call it on every server of a cluster:
 * each answers for itself, whichever of them the inspector is connected to.
 *
 * Clients of the namespace ask by acknowledged events; an answer is `{ error: { code, message } }` or what was asked
 * for: `inspect:overview`, `inspect:rooms`, `inspect:sockets`, and, to change something, `inspect:propose` and then
 * `inspect:confirm`.
 * @throws TypeError ERR_CREDENTIAL when the credential is missing or empty
 *
 * @example
 * inspector(io, { credential: process.env.INSPECTOR_CREDENTIAL ?? "" });
 */
export function inspector<
  Listen extends Record<keyof Listen, Untyped>,
  Emit extends Record<keyof Emit, Untyped>,
  Between extends Record<keyof Between, Untyped>,
  Data,
>(io: Server<Listen, Emit, Between, Data>, options: InspectorOptions): void {
  // Inside, events have no types.
  new Inspector(io as unknown as AnyServer, resolveOptions(options));
}

/** What is known of all servers. */
export interface InspectorOverview {
  /** The server that answers; it comes first. */
  servers: ServerOverview[];
  /** Servers of the cluster that did not answer: they are slow, or have no inspector. */
  silent: number;
  /** Whether actions are refused. */
  readonly: boolean;
}

type Query = Record<string, Untyped>;

class Inspector {
  readonly #survey: Survey;
  readonly #rates: Rates;
  readonly #fleet: Fleet;
  readonly #options: ResolvedOptions;

  constructor(io: AnyServer, options: ResolvedOptions) {
    const { namespace: name, clock, admits } = options;
    const namespace = io.of(name);
    this.#options = options;
    this.#survey = new Survey(io, name);
    this.#rates = new Rates(io, name, clock);
    this.#fleet = new Fleet(namespace, clock, async (subject, query: Query) => {
      if (subject === "overview")
        return this.#survey.overview(this.#fleet.id, this.#rates.take(String(query.who)));
      return this.#survey[subject](query.namespace, query);
    });
    namespace.use(async ({ handshake }, next) => {
      if ((await admits(handshake.auth)) === true) next();
      else next(Object.assign(new Error("Forbidden"), { data: { code: "ERR_FORBIDDEN" } }));
    });
    namespace.on("connection", (socket) => this.#serve(socket));
  }

  #serve(socket: AnySocket): void {
    const { clock, confirmWithin, readonly } = this.#options;
    const actions = new Actions(clock, confirmWithin);
    const fleet = this.#fleet;
    socket.on("disconnect", () => this.#rates.forget(socket.id));
    answer(socket, "inspect:overview", () => this.#overview(socket.id));
    answer(socket, "inspect:rooms", (query) => fleet.ask(serverOf(query, fleet), "rooms", query));
    answer(socket, "inspect:sockets", (query) => fleet.ask(serverOf(query, fleet), "sockets", query));
    answer(socket, "inspect:propose", async (query) => {
      if (readonly) {
        return { error: { code: "ERR_READONLY", message: "this inspector may not change anything" } };
      }
      const namespace = this.#survey.namespace(query.namespace);
      return actions.propose(namespace, query as unknown as ActionRequest, await fleet.size());
    });
    answer(socket, "inspect:confirm", ({ token }) => actions.confirm(token));
  }

  async #overview(who: string): Promise<InspectorOverview> {
    const fleet = this.#fleet;
    const [own, others] = await Promise.all([
      fleet.ask(fleet.id, "overview", { who }),
      fleet.askAll("overview", { who }),
    ]);
    const servers = [own, ...others] as ServerOverview[];
    return {
      servers,
      silent: Math.max(0, (await fleet.size()) - servers.length),
      readonly: this.#options.readonly,
    };
  }
}

const serverOf = ({ server }: Query, { id }: Fleet): string => (typeof server === "string" ? server : id);

type Reply = (answer: unknown) => void;

/** Answers an event; the query is an object in any case. */
function answer(socket: AnySocket, event: string, respond: (query: Query) => unknown): void {
  socket.on(event, async (...args: Untyped[]) => {
    const reply: Reply | undefined = args.at(-1);
    if (typeof reply !== "function") return;
    const [query] = args;
    try {
      reply(await respond(typeof query === "object" && query !== null ? query : {}));
    } catch (error) {
      reply(refusalOf(error));
      // It reaches `handler_error`, as what any handler throws.
      if (!(error instanceof RangeError)) throw error;
    }
  });
}
