/** An event on its way out, and the names that cannot be sent. */
import type { Untyped } from "@sockeye/core";
import { PacketType, RESERVED_EVENTS } from "@sockeye/protocol";

/** `[name, ...args]` */
export type EventData = [ev: string | symbol, ...args: Untyped[]];

/** An event packet; adapters complete it. */
export interface EventPacket {
  type: typeof PacketType.EVENT;
  nsp: string;
  data: Untyped[];
  id?: number;
}

/** @throws Error for a reserved event name (Socket.IO v5, "Reserved events") */
export function eventPacket(data: Untyped[], nsp: string): EventPacket {
  if (RESERVED_EVENTS.has(data[0])) throw new Error(`"${String(data[0])}" is a reserved event name`);
  return { type: PacketType.EVENT, nsp, data };
}

/** Takes the acknowledgement callback off the end of an event, if there is one. */
export function takeAck(data: Untyped[]): ((...args: Untyped[]) => void) | undefined {
  return typeof data.at(-1) === "function" ? data.pop() : undefined;
}
