/** Whether the data of a packet fits its type. */
import type { Packet } from "./packet.ts";
import { RESERVED_EVENTS } from "./reserved.ts";

const isObject = (data: unknown): boolean =>
  typeof data === "object" && data !== null && !Array.isArray(data);

/** An event is a list that begins with a number, or a string that is no reserved name. */
function isEvent(data: unknown): boolean {
  if (!Array.isArray(data)) return false;
  const name: unknown = data[0];
  return typeof name === "string" ? !RESERVED_EVENTS.has(name) : typeof name === "number";
}

/** Tells whether data fits a type (of the binary types: the plain one). Socket.IO protocol, "Packet encoding". */
export function isDataValid(type: number, data: unknown): boolean {
  switch (type) {
    case 0:
      return data === undefined || isObject(data);
    case 1:
      return data === undefined;
    case 2:
      return isEvent(data);
    case 3:
      return Array.isArray(data);
    case 4:
      return data === undefined || typeof data === "string" || isObject(data);
    default:
      return false;
  }
}

/** Tells whether a packet may be handed to an encoder: a plain type, a namespace, data that fits, a usable ack id. */
export function isPacketValid(packet: Packet): boolean {
  const { type, nsp, data, id } = packet;
  const expectsData = type === 4 && data === undefined;
  return (
    typeof nsp === "string" &&
    (id === undefined || Number.isInteger(id)) &&
    !expectsData &&
    isDataValid(type, data)
  );
}
