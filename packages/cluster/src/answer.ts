/** What this server does with a message from another one. */
import type { AdapterPacket, SocketDetails } from "@sockeye/adapter";
import { type LocalNamespace, unpackTarget } from "./local-namespace.ts";
import type { Answer, Event, Order, Question } from "./message.ts";
import { boundedTimeout } from "./options.ts";
import { sendable } from "./value.ts";

/** Socket.IO protocol: packet type EVENT. */
const EVENT = 2;

const eventOf = ({ args, json }: Event): AdapterPacket => ({ type: EVENT, data: args, json });

/** Does what is said, to the sockets of this server. */
export function perform(order: Order, local: LocalNamespace): void {
  switch (order.kind) {
    case "broadcast":
      local.broadcast(eventOf(order), unpackTarget(order.to));
      break;
    case "join":
      local.join(unpackTarget(order.to), order.rooms);
      break;
    case "leave":
      local.leave(unpackTarget(order.to), order.rooms);
      break;
    case "disconnect":
      local.disconnect(unpackTarget(order.to), order.close);
      break;
    case "emit":
      local.serverSideEmit(order.args);
      break;
  }
}

/** Answers a question; a server that does not have the namespace says so at once, by an empty answer. */
export function answer(
  question: Question,
  local: LocalNamespace | undefined,
  reply: (answer: Answer) => void,
): void | Promise<void> {
  const { request } = question;
  switch (question.kind) {
    case "fetch":
      return fetch(question, local, reply);
    case "ask":
      return ask(question, local, reply);
    case "yield":
      return reply({ kind: "reply", request, value: local?.yieldSession(question.pid) ?? null });
    case "poll":
      if (!local) return reply({ kind: "polled", request, clients: 0 });
      return local.poll(
        eventOf(question),
        unpackTarget(question.to, boundedTimeout(question.timeout)),
        (clients) => reply({ kind: "polled", request, clients }),
        (value) => reply({ kind: "ack", request, value }),
      );
  }
}

async function fetch(
  { request, to }: Extract<Question, { kind: "fetch" }>,
  local: LocalNamespace | undefined,
  reply: (answer: Answer) => void,
): Promise<void> {
  const sockets = (await local?.fetch(unpackTarget(to))) ?? [];
  reply({ kind: "sockets", request, sockets: sockets.map(portable) });
}

function ask(
  { request, args }: Extract<Question, { kind: "ask" }>,
  local: LocalNamespace | undefined,
  reply: (answer: Answer) => void,
): void {
  let answered = false;
  const ack = (value: unknown): void => {
    if (!answered) reply({ kind: "reply", request, value });
    answered = true;
  };
  if (local) local.serverSideEmit([...args, ack]);
  // Of a namespace that is not here there is nobody to answer, and nothing to add to the answers.
  else reply({ kind: "sockets", request, sockets: [] });
}

/** What a message can carry of a socket. */
function portable({ id, handshake, rooms, data }: SocketDetails): SocketDetails {
  // Session stores of web frameworks hang on the handshake, and are circular.
  const { sessionStore, ...rest } = (handshake ?? {}) as { sessionStore?: unknown };
  const sent = Object.entries(rest).map(([name, value]) => [name, sendable(`handshake.${name}`, value)]);
  return { id, handshake: Object.fromEntries(sent), rooms: [...rooms], data };
}
