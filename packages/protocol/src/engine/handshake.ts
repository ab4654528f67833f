/** The data of the open packet: what the server tells about a new session. */
import { ProtocolError } from "../errors.ts";

/** Engine.IO protocol, "Handshake". Times in milliseconds, maxPayload in bytes. */
export interface Handshake {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  /** Longest body that the server takes; older servers do not tell. */
  maxPayload?: number | undefined;
}

const isTime = (value: unknown): boolean => typeof value === "number" && value >= 0 && Number.isFinite(value);

function isHandshake(value: Partial<Record<keyof Handshake, unknown>> | null): value is Handshake {
  return (
    typeof value?.sid === "string" &&
    value.sid !== "" &&
    Array.isArray(value.upgrades) &&
    value.upgrades.every((name) => typeof name === "string") &&
    isTime(value.pingInterval) &&
    isTime(value.pingTimeout) &&
    (value.maxPayload === undefined || isTime(value.maxPayload))
  );
}

/**
 * Reads the data of an open packet.
 * @throws ProtocolError ERR_HANDSHAKE when a member is missing or of another type
 */
export function decodeHandshake(data: string): Handshake {
  let cause: unknown;
  try {
    const value = JSON.parse(data);
    if (isHandshake(value)) return value;
  } catch (error) {
    cause = error;
  }
  throw new ProtocolError("ERR_HANDSHAKE", "a handshake", data, cause);
}
