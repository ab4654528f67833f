/** What there is on a server: namespaces, rooms, sockets; in pages, for there may be many. */
import { hostname } from "node:os";
import type { Untyped } from "@sockeye/core";
import type { AnyNamespace, AnyServer, AnySocket } from "../api/server.ts";
import type { Rates } from "./rates.ts";

/** Most items of one answer. */
const MAX_PAGE = 200;

/** A page of a list. */
export interface Page<Item> {
  /** How many there are in all. */
  total: number;
  items: Item[];
}

export interface PageQuery {
  /** Items before the page. Default 0. */
  offset?: number;
  /** Most items; at most 200. Default 50. */
  limit?: number;
  /** A part of the name, or of the id. */
  search?: string;
}

/** A server as a whole. */
export interface ServerOverview {
  host: string;
  pid: number;
  /** Seconds. */
  uptime: number;
  /** Bytes. */
  memory: { heapUsed: number; heapTotal: number; rss: number };
  /** Connections, the inspectors' included. */
  clients: number;
  /** Servers of the cluster. */
  servers: number;
  readonly: boolean;
  namespaces: NamespaceOverview[];
}

export interface NamespaceOverview {
  name: string;
  /** Sockets of this server. */
  sockets: number;
  /** Rooms of this server, those of single sockets left out. */
  rooms: number;
  /** Events per second from and to clients, since the last answer to this inspector. */
  rates: { in: number; out: number };
}

/** A socket; what only its own server knows is undefined for one of another server. */
export interface SocketOverview {
  id: string;
  address: string;
  /** When it connected, in milliseconds since 1970. */
  connectedAt: number;
  rooms: string[];
  local: boolean;
  transport?: string;
  /** Bytes that were sent and have not left the process yet. */
  bufferedBytes?: number;
}

/** Rooms told of one socket. */
const MAX_ROOMS = 50;

export class Survey {
  readonly #io: AnyServer;
  readonly #own: string;

  /** @param own the inspector's own namespace, which is left out */
  constructor(io: AnyServer, own: string) {
    this.#io = io;
    this.#own = own;
  }

  /** @throws RangeError for a namespace that does not exist */
  namespace(name: unknown): AnyNamespace {
    const namespace = typeof name === "string" && name !== this.#own ? this.#io._nsps.get(name) : undefined;
    if (!namespace) throw new RangeError("there is no such namespace");
    return namespace;
  }

  async overview(rates: Rates, readonly: boolean): Promise<ServerOverview> {
    const { heapUsed, heapTotal, rss } = process.memoryUsage();
    const perSecond = rates.take();
    const namespaces = [...this.#io._nsps.values()].filter(({ name }) => name !== this.#own);
    return {
      host: hostname(),
      pid: process.pid,
      uptime: process.uptime(),
      memory: { heapUsed, heapTotal, rss },
      clients: this.#io.engine?.clientsCount ?? 0,
      servers: await this.#io.sockets.adapter.serverCount(),
      readonly,
      namespaces: namespaces.map((namespace) => ({
        name: namespace.name,
        sockets: namespace.sockets.size,
        rooms: countRooms(namespace),
        rates: perSecond.get(namespace.name) ?? { in: 0, out: 0 },
      })),
    };
  }

  rooms(name: unknown, query: PageQuery): Page<{ name: string; sockets: number }> {
    const { adapter } = this.namespace(name);
    return page(query, adapter.rooms, ([room, members]) => {
      if (adapter.sids.has(room) || !matches(query, room)) return;
      return () => ({ name: room, sockets: members.size });
    });
  }

  /** Sockets of this server, or of all servers of the cluster. */
  async sockets(
    name: unknown,
    query: PageQuery & { room?: string; cluster?: boolean },
  ): Promise<Page<SocketOverview>> {
    const namespace = this.namespace(name);
    const target = query.room === undefined ? namespace : namespace.in(String(query.room));
    const all: Iterable<Untyped> = query.cluster
      ? await target.fetchSockets()
      : localSockets(namespace, query.room);
    return page(query, all, (socket) => {
      const { address = "" } = socket.handshake;
      if (!matches(query, socket.id) && !matches(query, address)) return;
      return () => describe(socket, namespace);
    });
  }
}

function* localSockets({ sockets, adapter }: AnyNamespace, room: string | undefined): Iterable<AnySocket> {
  if (room === undefined) return yield* sockets.values();
  for (const id of adapter.rooms.get(String(room)) ?? []) {
    const socket = sockets.get(id);
    if (socket) yield socket;
  }
}

function describe(socket: Untyped, namespace: AnyNamespace): SocketOverview {
  const { id, handshake, rooms } = socket;
  const own = namespace.sockets.get(id);
  return {
    id,
    address: handshake.address,
    connectedAt: handshake.issued,
    rooms: [...rooms].filter((room) => room !== id).slice(0, MAX_ROOMS),
    local: own !== undefined,
    ...(own && { transport: own.conn.transport.name, bufferedBytes: own.bufferedAmount }),
  };
}

// Every socket is alone in a room of its own name.
function countRooms({ adapter }: AnyNamespace): number {
  let count = 0;
  for (const room of adapter.rooms.keys()) if (!adapter.sids.has(room)) count++;
  return count;
}

const matches = ({ search }: PageQuery, text: string): boolean => !search || text.includes(String(search));

/** Goes through all to count them, and makes the items of the page alone. */
function page<Source, Item>(
  { offset = 0, limit = 50 }: PageQuery,
  all: Iterable<Source>,
  select: (source: Source) => (() => Item) | undefined,
): Page<Item> {
  const items: Item[] = [];
  const first = Math.max(0, Number(offset) || 0);
  const most = Math.min(MAX_PAGE, Math.max(1, Number(limit) || 1));
  let total = 0;
  for (const source of all) {
    const make = select(source);
    if (make && total++ >= first && items.length < most) items.push(make());
  }
  return { total, items };
}
