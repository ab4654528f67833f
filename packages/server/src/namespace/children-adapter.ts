/** The adapter of a parent namespace: all its children's at once. */
import { EventEmitter } from "node:events";
import type { Untyped } from "@sockeye/core";
import type { AdapterLike, AnyNamespace } from "../api/server.ts";
import type { Room, SocketId } from "../api/target.ts";

interface Child {
  readonly adapter: AdapterLike;
}

export class ChildrenAdapter extends EventEmitter implements AdapterLike {
  readonly nsp: AnyNamespace;
  /** A parent has no sockets of its own, and so no rooms. */
  rooms: Map<Room, Set<SocketId>> = new Map();
  sids: Map<SocketId, Set<Room>> = new Map();
  readonly #children: () => Iterable<Child>;

  constructor(nsp: AnyNamespace, children: () => Iterable<Child>) {
    super();
    this.nsp = nsp;
    this.#children = children;
  }

  get #adapters(): AdapterLike[] {
    return Array.from(this.#children(), (child) => child.adapter);
  }

  init(): void {}

  close(): void {}

  addAll(): void {}

  del(): void {}

  delAll(): void {}

  socketRooms(): undefined {}

  persistSession(): void {}

  restoreSession(): Promise<null> {
    return Promise.resolve(null);
  }

  get localCount(): number {
    return this.#adapters.length;
  }

  /** How many answers to the question "how many clients?" are to be expected. */
  async serverCount(): Promise<number> {
    const counts = await Promise.all(this.#adapters.map((adapter) => adapter.serverCount()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  broadcast(packet: Untyped, opts: Untyped): void {
    for (const adapter of this.#adapters) void adapter.broadcast(copyOf(packet), opts);
  }

  broadcastWithAck(
    packet: Untyped,
    opts: Untyped,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: Untyped[]) => void,
  ): void {
    for (const adapter of this.#adapters) {
      adapter.broadcastWithAck(copyOf(packet), opts, clientCountCallback, ack);
    }
  }

  async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const found = await Promise.all(this.#adapters.map((adapter) => adapter.sockets(rooms)));
    return new Set(found.flatMap((ids) => [...ids]));
  }

  async fetchSockets(opts: Untyped): Promise<Untyped[]> {
    const found = await Promise.all(this.#adapters.map((adapter) => adapter.fetchSockets(opts)));
    return found.flat();
  }

  addSockets(opts: Untyped, rooms: Room[]): void {
    for (const adapter of this.#adapters) void adapter.addSockets(opts, rooms);
  }

  delSockets(opts: Untyped, rooms: Room[]): void {
    for (const adapter of this.#adapters) void adapter.delSockets(opts, rooms);
  }

  disconnectSockets(opts: Untyped, close: boolean): void {
    for (const adapter of this.#adapters) void adapter.disconnectSockets(opts, close);
  }

  serverSideEmit(packet: Untyped[]): void {
    for (const adapter of this.#adapters) void adapter.serverSideEmit([...packet]);
  }
}

// Adapters complete the packets they are given.
function copyOf(packet: { data: Untyped[] }): Untyped {
  return { ...packet, data: [...packet.data] };
}
