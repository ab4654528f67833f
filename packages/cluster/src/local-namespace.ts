/** What other servers may ask of one namespace of this server. */
import type {
  AckCallback,
  AdapterPacket,
  BroadcastFlags,
  BroadcastOptions,
  Room,
  SocketDetails,
} from "@sockeye/adapter";
import type { ClusterState } from "./cluster-state.ts";
import type { Entered } from "./journal.ts";
import type { Logged, Target } from "./message.ts";

/** A namespace of this server as the cluster sees it: everything here concerns its own sockets only. */
export interface LocalNamespace {
  readonly name: string;
  /** Whether anybody here may be in one of these rooms; in the namespace when there are none. */
  has(rooms: readonly Room[]): boolean;
  broadcast(packet: AdapterPacket, opts: BroadcastOptions): void;
  poll(
    packet: AdapterPacket,
    opts: BroadcastOptions,
    count: (clients: number) => void,
    ack: AckCallback,
  ): void;
  join(opts: BroadcastOptions, rooms: string[]): void;
  leave(opts: BroadcastOptions, rooms: string[]): void;
  disconnect(opts: BroadcastOptions, close: boolean): void;
  fetch(opts: BroadcastOptions): Promise<SocketDetails[]>;
  serverSideEmit(args: unknown[]): void;
  stateChanged(state: ClusterState): void;
  /** An entry of the log for this namespace. */
  entered(entered: Entered): void;
  /** A broadcast of this server that the log does not have yet. */
  ahead(order: Logged): void;
  /** Lets go of a session that has moved to another server, and tells the latest of it, or null. */
  yieldSession(pid: string): unknown;
}

/** Whether one is selected who is in some rooms. */
export function isSelected(
  { rooms, except }: { rooms: Iterable<Room>; except?: Iterable<Room> | undefined },
  isIn: (room: Room) => boolean,
): boolean {
  for (const room of except ?? []) if (isIn(room)) return false;
  let everybody = true;
  for (const room of rooms) {
    if (isIn(room)) return true;
    everybody = false;
  }
  return everybody;
}

/** Options as they travel. */
export function packTarget({ rooms, except, flags }: BroadcastOptions): Target {
  const target: Target = { rooms: [...rooms], except: [...(except ?? [])] };
  if (flags?.volatile) target.volatile = true;
  if (flags?.compress !== undefined) target.compress = flags.compress;
  return target;
}

/** Options as an adapter takes them. */
export function unpackTarget(target: Target, timeout?: number): BroadcastOptions {
  const flags: BroadcastFlags = {};
  if (target.volatile) flags.volatile = true;
  if (target.compress !== undefined) flags.compress = target.compress;
  if (timeout !== undefined) flags.timeout = timeout;
  return { rooms: new Set(target.rooms), except: new Set(target.except), flags };
}
