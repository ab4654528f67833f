/** inspector(): a namespace that shows what goes on in a server, to those who have the credential. */
import type { Untyped } from "@sockeye/core";
import type { AnyServer, AnySocket, Server } from "../api/server.ts";
import { type ActionRequest, Actions } from "./actions.ts";
import { type InspectorOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { Rates } from "./rates.ts";
import { Survey } from "./survey.ts";

/**
 * Opens a namespace for inspection: `InspectorPanel` of @sockeye/devtools is its other side. Nothing of it is there
 * unless this is called, and events are counted only while an inspector is connected.
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
  const resolved = resolveOptions(options);
  // Inside, events have no types.
  const server = io as unknown as AnyServer;
  const survey = new Survey(server, resolved.namespace);
  const namespace = server.of(resolved.namespace);
  namespace.use(async ({ handshake }, next) => {
    if ((await resolved.admits(handshake.auth)) === true) next();
    else next(Object.assign(new Error("Forbidden"), { data: { code: "ERR_FORBIDDEN" } }));
  });
  namespace.on("connection", (socket) => serve(socket, server, survey, resolved));
}

type Reply = (answer: unknown) => void;

function serve(socket: AnySocket, io: AnyServer, survey: Survey, options: ResolvedOptions): void {
  const { clock, confirmWithin, readonly, namespace } = options;
  const rates = new Rates(io, namespace, clock);
  const actions = new Actions(clock, confirmWithin);
  rates.start();
  socket.on("disconnect", () => rates.stop());
  answer(socket, "inspect:overview", () => survey.overview(rates, readonly));
  answer(socket, "inspect:rooms", (query) => survey.rooms(query.namespace, query));
  answer(socket, "inspect:sockets", (query) => survey.sockets(query.namespace, query));
  answer(socket, "inspect:propose", (query) => {
    if (readonly) return refusal("ERR_READONLY", "this inspector may not change anything");
    return actions.propose(survey.namespace(query.namespace), query as unknown as ActionRequest);
  });
  answer(socket, "inspect:confirm", ({ token }) => actions.confirm(token));
}

const refusal = (code: string, message: string): object => ({ error: { code, message } });

/** Answers an event; the query is an object in any case. */
function answer(
  socket: AnySocket,
  event: string,
  respond: (query: Record<string, Untyped>) => unknown,
): void {
  socket.on(event, async (...args: Untyped[]) => {
    const reply: unknown = args.at(-1);
    if (typeof reply !== "function") return;
    const [query] = args;
    try {
      (reply as Reply)(await respond(typeof query === "object" && query !== null ? query : {}));
    } catch (error) {
      if (error instanceof RangeError) (reply as Reply)(refusal("ERR_INVALID", error.message));
      else {
        (reply as Reply)(refusal("ERR_INTERNAL", "Internal server error"));
        // It reaches `handler_error`, as what any handler throws.
        throw error;
      }
    }
  });
}
