/** The adapter of one server: rooms in memory, broadcasts to the sockets at hand. */
import { EventEmitter } from "node:events";
import { AckRound } from "./ack-round.ts";
import type {
  AckCallback,
  AdapterNamespace,
  AdapterPacket,
  AdapterSocket,
  BroadcastOptions,
  PrivateSessionId,
  Room,
  Session,
  SessionToPersist,
  SocketDetails,
  SocketId,
} from "./contract.ts";
import { Delivery, type DeliveryHome, deliver, visitSockets } from "./delivery.ts";
import { admit, dismiss, join, leave } from "./rooms.ts";

/**
 * Socket.IO's adapter contract for one server, and the base of adapters for several. Emits `create-room` and
 * `delete-room` with the room, `join-room` and `leave-room` with the room and the socket's id.
 */
export class Adapter extends EventEmitter {
  readonly nsp: AdapterNamespace;
  /** The members of each room. */
  rooms: Map<Room, Set<SocketId>> = new Map();
  /** The rooms of each socket. */
  sids: Map<SocketId, Set<Room>> = new Map();

  constructor(nsp: AdapterNamespace) {
    super();
    this.nsp = nsp;
  }

  /** Called once when the namespace is made; for subclasses. */
  init(): Promise<void> | void {}

  /** Called once when the namespace is closed; for subclasses. */
  close(): Promise<void> | void {}

  /** How many servers share this namespace, this one included. */
  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  /** Makes a socket join rooms. */
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    const joined = admit(this, id);
    for (const room of rooms) join(this, id, joined, room);
  }

  /** Makes a socket leave one room. */
  del(id: SocketId, room: Room): Promise<void> | void {
    leave(this, id, room);
  }

  /** Makes a socket leave all rooms, as it disconnects. */
  delAll(id: SocketId): void {
    dismiss(this, id);
  }

  /** Sends a packet to every selected socket; one encoding, whatever their number. */
  broadcast(packet: AdapterPacket, opts: BroadcastOptions): Promise<void> | void {
    deliver(this, packet, opts);
  }

  /**
   * Sends a packet to every selected socket and asks each for an acknowledgement. After `flags.timeout`
   * milliseconds the sockets that have not answered are no longer asked.
   * @param clientCountCallback called once with the number of sockets asked
   * @param ack called with each answer
   */
  broadcastWithAck(
    packet: AdapterPacket,
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: AckCallback,
  ): void {
    packet.id = this.nsp._ids++;
    const round = new AckRound(packet.id, ack);
    const delivery = new Delivery(this.nsp, packet, opts.flags);
    visitSockets(this, opts, (socket) => {
      round.ask(socket);
      delivery.to(socket);
    });
    clientCountCallback(round.size);
    round.start(opts.flags?.timeout);
  }

  /** The ids of the connected members of any of `rooms`; of everybody when there are none. */
  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    visitSockets(this, { rooms }, (_, id) => ids.add(id));
    return Promise.resolve(ids);
  }

  /** The rooms that a socket is in; `undefined` when it is not known here. */
  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.sids.get(id);
  }

  /** The selected sockets. */
  fetchSockets(opts: BroadcastOptions): Promise<SocketDetails[]> {
    return Promise.resolve(selected(this, opts));
  }

  /** Makes the selected sockets join rooms. */
  addSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> | void {
    for (const socket of selected(this, opts)) socket.join(rooms);
  }

  /** Makes the selected sockets leave rooms. */
  delSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> | void {
    for (const socket of selected(this, opts)) for (const room of rooms) socket.leave(room);
  }

  /** Disconnects the selected sockets; with `close`, the connection below them too. */
  disconnectSockets(opts: BroadcastOptions, close: boolean): Promise<void> | void {
    for (const socket of selected(this, opts)) socket.disconnect(close);
  }

  /**
   * Sends an event to the other servers, of which there are none here: an acknowledgement callback at the end is
   * called with `(null, [])`.
   */
  serverSideEmit(packet: unknown[]): Promise<void> | void {
    const ack = packet.at(-1);
    if (typeof ack === "function") queueMicrotask(() => ack(null, []));
  }

  /** Keeps what a disconnected socket needs to continue; this adapter keeps nothing. */
  persistSession(_session: SessionToPersist): void {}

  /** The session of a client that comes back, or `null`: this adapter has kept none. */
  restoreSession(_pid: PrivateSessionId, _offset: string | undefined): Promise<Session | null> {
    return Promise.resolve(null);
  }
}

// An array, because what is done to these sockets may change the rooms under the selection.
function selected(home: DeliveryHome, opts: BroadcastOptions): AdapterSocket[] {
  const sockets: AdapterSocket[] = [];
  visitSockets(home, opts, (socket) => sockets.push(socket));
  return sockets;
}
