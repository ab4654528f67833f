/** The fluent face of a broadcast: `io.to("room").except("muted").timeout(1000).emit(...)`. */
import { type AbortSignalLike, type Clock, systemClock, type Untyped } from "@sockeye/core";
import type { Handshake } from "../api/handshake.ts";
import type { AdapterLike } from "../api/server.ts";
import type * as api from "../api/target.ts";
import type { Room, SocketId } from "../api/target.ts";
import { type EventData, eventPacket, takeAck } from "./event-packet.ts";
import { type Gathered, gather } from "./gather.ts";
import { type Flags, roomList, selectionOf, type Target, withRooms } from "./target.ts";

/** The adapter as a broadcast sees it. */
export type OperatorAdapter = AdapterLike & {
  readonly nsp: { readonly name: string; readonly server: unknown };
};

/** What our server tells about waiting. */
interface WaitSettings {
  clock?: Clock;
  broadcastTimeout?: number;
}

type AnyOperator = api.BroadcastOperator<Untyped, Untyped>;

// As long as a dead connection may stay unnoticed by default: pingInterval + pingTimeout.
const DEFAULT_TIMEOUT = 45_000;

export class BroadcastOperator implements AnyOperator {
  readonly adapter: OperatorAdapter;
  readonly rooms: Set<Room>;
  readonly exceptRooms: Set<Room>;
  readonly flags: Flags;
  readonly #abort: AbortSignalLike | undefined;

  constructor(
    adapter: OperatorAdapter,
    rooms: Set<Room> = new Set(),
    exceptRooms: Set<Room> = new Set(),
    flags: Flags = {},
    abort?: AbortSignalLike,
  ) {
    this.adapter = adapter;
    this.rooms = rooms;
    this.exceptRooms = exceptRooms;
    this.flags = flags;
    this.#abort = abort;
  }

  to(room: Room | Room[]): BroadcastOperator {
    return this.#with({ rooms: withRooms(this.rooms, room) });
  }

  in(room: Room | Room[]): BroadcastOperator {
    return this.to(room);
  }

  except(room: Room | Room[]): BroadcastOperator {
    return this.#with({ except: withRooms(this.exceptRooms, room) });
  }

  compress(compress: boolean): BroadcastOperator {
    return this.#with({ flags: { ...this.flags, compress } });
  }

  get volatile(): BroadcastOperator {
    return this.#with({ flags: { ...this.flags, volatile: true } });
  }

  get local(): BroadcastOperator {
    return this.#with({ flags: { ...this.flags, local: true } });
  }

  timeout(timeout: number): BroadcastOperator {
    return this.#with({ flags: { ...this.flags, timeout } });
  }

  signal(abort: AbortSignalLike): BroadcastOperator {
    return this.#with({ abort });
  }

  #with(change: Partial<Target>): BroadcastOperator {
    const { rooms, except, flags, abort } = { ...this.#target, ...change };
    return new BroadcastOperator(this.adapter, rooms, except, flags, abort);
  }

  get #target(): Target {
    return { rooms: this.rooms, except: this.exceptRooms, flags: this.flags, abort: this.#abort };
  }

  emit(...data: EventData): boolean {
    const packet = eventPacket(data, this.adapter.nsp.name);
    const ack = takeAck(data);
    if (ack) this.#ask(data, (error, responses) => this.#answer(ack, error, responses));
    else this.adapter.broadcast(packet, selectionOf(this.#target));
    return true;
  }

  emitWithAck(...data: EventData): Promise<Untyped> {
    return new Promise((resolve, reject) => {
      this.#ask(data, (error, responses) => {
        if (error) reject(withResponses(error, responses));
        else resolve(this.flags.expectSingleResponse ? responses[0] : responses);
      });
    });
  }

  #answer(ack: (...args: Untyped[]) => void, error: unknown, responses: Untyped[]): void {
    const { expectSingleResponse, timeout } = this.flags;
    if (!expectSingleResponse) ack(error, responses);
    else if (timeout !== undefined || this.#abort) ack(error, responses[0]);
    // Whoever asks one socket and sets no limit gets, as from a socket of this server, the bare answer.
    else if (!error) ack(responses[0]);
  }

  #ask(data: EventData, done: Gathered): void {
    const server = this.adapter.nsp.server as WaitSettings;
    const { clock = systemClock, broadcastTimeout = DEFAULT_TIMEOUT } = server;
    const selection = selectionOf(this.#target);
    const timeout = this.flags.timeout ?? broadcastTimeout;
    // Adapters end with it what they remember of the question, here and on the other servers.
    selection.flags.timeout = timeout;
    const packet = eventPacket(data, this.adapter.nsp.name);
    gather(this.adapter, packet, selection, { clock, timeout, signal: this.#abort }, done);
  }

  allSockets(): Promise<Set<SocketId>> {
    return this.adapter.sockets(this.rooms);
  }

  async fetchSockets(): Promise<api.RemoteSocket<Untyped, Untyped>[]> {
    const sockets: SocketDetails[] = await this.adapter.fetchSockets(selectionOf(this.#target));
    return sockets.map((socket) => (isSocket(socket) ? socket : new RemoteSocket(this.adapter, socket)));
  }

  socketsJoin(room: Room | Room[]): void {
    this.adapter.addSockets(selectionOf(this.#target), roomList(room));
  }

  socketsLeave(room: Room | Room[]): void {
    this.adapter.delSockets(selectionOf(this.#target), roomList(room));
  }

  disconnectSockets(close = false): void {
    this.adapter.disconnectSockets(selectionOf(this.#target), close);
  }
}

/** An error together with the answers that came before it. */
export function withResponses(error: unknown, responses: Untyped[]): unknown {
  return error instanceof Error ? Object.assign(error, { responses }) : error;
}

/** A socket as an adapter tells of it. */
export interface SocketDetails {
  id: SocketId;
  handshake: Handshake;
  rooms: Iterable<Room>;
  data: Untyped;
}

// A socket of this server is told of by itself.
function isSocket(socket: SocketDetails): socket is api.RemoteSocket<Untyped, Untyped> & SocketDetails {
  return "emitWithAck" in socket;
}

/** A socket of another server in the cluster. */
export class RemoteSocket implements api.RemoteSocket<Untyped, Untyped> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  readonly data: Untyped;
  readonly #operator: BroadcastOperator;

  constructor(adapter: OperatorAdapter, { id, handshake, rooms, data }: SocketDetails) {
    this.id = id;
    this.handshake = handshake;
    this.rooms = new Set(rooms);
    this.data = data;
    this.#operator = new BroadcastOperator(adapter, new Set([id]), new Set(), { expectSingleResponse: true });
  }

  timeout(timeout: number): BroadcastOperator {
    return this.#operator.timeout(timeout);
  }

  signal(signal: AbortSignalLike): BroadcastOperator {
    return this.#operator.signal(signal);
  }

  emit(...data: EventData): boolean {
    return this.#operator.emit(...data);
  }

  emitWithAck(...data: EventData): Promise<Untyped> {
    return this.#operator.emitWithAck(...data);
  }

  join(room: Room | Room[]): void {
    this.#operator.socketsJoin(room);
  }

  leave(room: Room): void {
    this.#operator.socketsLeave(room);
  }

  disconnect(close = false): this {
    this.#operator.disconnectSockets(close);
    return this;
  }
}
