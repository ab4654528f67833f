/** A guest: any Socket.IO client, in any language, as the rows of the matrix see it. */

export interface Visit {
  /** Namespaces, joined over one connection. Default `["/"]`. */
  nsps?: string[];
  auth?: Record<string, unknown>;
  query?: Record<string, string>;
  /** Default false: rows about reconnection ask for it. */
  reconnection?: boolean;
}

/** One namespace that a guest has asked for. */
export interface Visitor {
  /**
   * The next unread event. Besides the scenario's (`sceneEvents`): `connect` [],
   * `connect_error` [message, data], `disconnect` [reason] (the reason only where the guest tells one).
   * @param patience in milliseconds, where a test has more time than most
   */
  next(name: string, patience?: number): Promise<unknown[]>;
  /** Everything that came under this name and was not read, without waiting. */
  take(name: string): unknown[][];
  emit(name: string, ...args: unknown[]): void;
  /** Emits and resolves with the arguments of the acknowledgement. */
  call(name: string, ...args: unknown[]): Promise<unknown[]>;
  /** Leaves the namespace as the guest's own API does. */
  leave(): Promise<void>;
}

export interface Traits {
  /** Engine.IO protocol: 3 for Socket.IO v2, which has no auth payload and names connect_error "error". */
  eio: 3 | 4;
  transport: "polling" | "websocket" | "upgrade";
  msgpack: boolean;
  /** Connection state recovery. */
  recovery: boolean;
  /** Whether `disconnect` tells its reason. */
  reasons: boolean;
  /** Whether binary arrives as a Buffer. */
  buffers: boolean;
  /** Refuses to send what is over the server's maxPayload, and stays connected. */
  weighs: boolean;
  quirks: Quirks;
}

/** What a guest does otherwise with any server, the official one included. */
interface Quirks {
  /** Acknowledges also what no handler answers. */
  alwaysAnswers?: boolean;
  /** Leaves the acknowledgement id out when it is 0. */
  losesAckZero?: boolean;
  /** Does not take "413 Payload Too Large" for the end of the connection. */
  deafTo413?: boolean;
  /** Keeps its TCP connection open after the WebSocket's closing handshake. */
  staysOnTheLine?: boolean;
  /** Bytes of the largest WebSocket message that it takes. */
  largest?: number;
}

export interface Guest {
  name: string;
  traits: Traits;
  open(url: string, visit?: Visit): Visitor[];
  /** Ends whatever is open, and the guest's process where it has one. */
  dismiss(): Promise<void>;
}

/** Opens one namespace (the first one of the visit) and does not wait for it. */
export function knock(guest: Guest, url: string, visit: Visit = {}): Visitor {
  const [visitor] = guest.open(url, visit);
  if (!visitor) throw new Error(`${guest.name} opened no namespace`);
  return visitor;
}

/** Opens one namespace and waits until it is connected. */
export async function enter(guest: Guest, url: string, visit: Visit = {}): Promise<Visitor> {
  const visitor = knock(guest, url, visit);
  await visitor.next("connect");
  return visitor;
}
