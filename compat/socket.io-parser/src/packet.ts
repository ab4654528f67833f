/** The types of socket.io-parser, and its enumeration, which is readable in both directions. */
import type { Untyped } from "@sockeye/core";

const NAMES = [
  "CONNECT",
  "DISCONNECT",
  "EVENT",
  "ACK",
  "CONNECT_ERROR",
  "BINARY_EVENT",
  "BINARY_ACK",
] as const;

interface PacketTypes {
  readonly CONNECT: 0;
  readonly DISCONNECT: 1;
  readonly EVENT: 2;
  readonly ACK: 3;
  readonly CONNECT_ERROR: 4;
  readonly BINARY_EVENT: 5;
  readonly BINARY_ACK: 6;
  readonly [type: number]: string;
}

export const PacketType: PacketTypes = Object.fromEntries(
  NAMES.flatMap((name, type) => [
    [name, type],
    [type, name],
  ]),
);

export type PacketType = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** The members as types, as those of an enum are. */
export declare namespace PacketType {
  export type CONNECT = 0;
  export type DISCONNECT = 1;
  export type EVENT = 2;
  export type ACK = 3;
  export type CONNECT_ERROR = 4;
  export type BINARY_EVENT = 5;
  export type BINARY_ACK = 6;
}

export interface Packet {
  type: PacketType;
  nsp: string;
  data?: Untyped;
  id?: number;
  attachments?: number;
}
