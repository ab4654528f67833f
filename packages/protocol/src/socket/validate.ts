/** Whether the data of a packet fits its type. */
import { ACK, CONNECT_ERROR, DISCONNECT, EVENT, type Packet } from "./packet.ts";
import { RESERVED_EVENTS } from "./reserved.ts";

/** An event name is a number, or a string that is not reserved. */
const isName = (name: unknown): boolean =>
  typeof name === "string" ? !RESERVED_EVENTS.has(name) : typeof name === "number";

/** Tells whether data fits a type (of the binary types: the plain one). Socket.IO protocol, "Packet encoding". */
export function isDataValid(type: number, data: unknown): boolean {
  if (type === EVENT || type === ACK) return Array.isArray(data) && (type === ACK || isName(data[0]));
  if (data === undefined) return true;
  if (typeof data === "string") return type === CONNECT_ERROR;
  return type !== DISCONNECT && typeof data === "object" && data !== null && !Array.isArray(data);
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
