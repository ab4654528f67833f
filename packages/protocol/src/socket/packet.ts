/** The packets of Socket.IO v5. */

/** In the order of their digits on the wire; the binary ones never leave a decoder. */
export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
} as const;

export type PacketType = (typeof PacketType)[keyof typeof PacketType];

// Apart from PacketType, so that bundlers put the numbers in their places.
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;

/** Revision of the Socket.IO protocol. */
export const SOCKET_PROTOCOL = 5;

/** One packet: for events, data is the name and the arguments; for acknowledgements, the arguments. */
export interface Packet {
  type: PacketType;
  /** Begins with "/". */
  nsp: string;
  data?: unknown;
  /** Of the acknowledgement that is wanted or given. */
  id?: number | undefined;
  /** Only in packets that are made by hand; encoders count for themselves. */
  attachments?: number | undefined;
}
