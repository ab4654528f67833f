/** A JavaScript guest as a process: orders come as lines of JSON on stdin, what it hears goes to stdout. */
import { createInterface } from "node:readline";
import type { Traits, Visit } from "../guest.ts";
import { javascript, type Library, type SocketVisitor } from "../guests/javascript.ts";
import type { Order } from "../guests/process.ts";
import { fromLine, toLine } from "../line-json.ts";

const [library = "@sockeye/client", transport = "upgrade"] = process.argv.slice(2);
const guest = javascript(library as Library, transport as Traits["transport"]);
const visitors = new Map<unknown, SocketVisitor>();

const say = (line: object): unknown => process.stdout.write(toLine(line));

function open({ url, seats }: Order, visit: Visit): void {
  const ids = Object.values(seats as Record<string, number>);
  for (const [index, heard] of guest.open(url as string, visit).entries()) {
    const visitor = ids[index];
    visitors.set(visitor, heard);
    heard.mailbox.forward = (event, args) => say({ visitor, event, args });
  }
}

async function call(order: Order, visitor: SocketVisitor): Promise<void> {
  const args = await visitor.call(order.event as string, ...(order.args as unknown[]));
  say({ visitor: order.visitor, call: order.call, args });
}

async function obey(order: Order): Promise<void> {
  if (order.do === "open") return open(order, order as Visit);
  const visitor = visitors.get(order.visitor);
  if (!visitor) throw new Error(`no visitor ${order.visitor}`);
  if (order.do === "emit") return visitor.emit(order.event as string, ...(order.args as unknown[]));
  return order.do === "call" ? call(order, visitor) : visitor.leave();
}

for await (const line of createInterface({ input: process.stdin })) void obey(fromLine(line) as Order);
await guest.dismiss();
