/** What there is on a server: namespaces, rooms, sockets; in pages, for there may be many. */
import { hostname } from "node:os";
import type { AnyNamespace, AnyServer, AnySocket } from "../api/server.ts";

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
  /** What to ask for by; another one after each start. */
  id: string;
  host: string;
  pid: number;
  /** Seconds. */
  uptime: number;
  /** Bytes. */
  memory: { heapUsed: number; heapTotal: number; rss: number };
  /** Connections, the inspectors' included. */
  clients: number;
  namespaces: NamespaceOverview[];
}

export interface NamespaceOverview {
  name: string;
  sockets: number;
  /** Those of single sockets left out. */
  rooms: number;
  /** Events per second from and to clients, since the last answer to this inspector. */
  rates: { in: number; out: number };
}

export interface SocketOverview {
  id: string;
  address: string;
  /** When it connected, in milliseconds since 1970. */
  connectedAt: number;
  /** At most 50. */
  rooms: string[];
  transport: string;
  /** Bytes that were sent and have not left the process yet. */
  bufferedBytes: number;
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

  /** @param rates events per second by namespace */
  overview(id: string, rates: ReadonlyMap<string, NamespaceOverview["rates"]>): ServerOverview {
    const { heapUsed, heapTotal, rss } = process.memoryUsage();
    const namespaces = [...this.#io._nsps.values()].filter(({ name }) => name !== this.#own);
    return {
      id,
      host: hostname(),
      pid: process.pid,
      uptime: process.uptime(),
      memory: { heapUsed, heapTotal, rss },
      clients: this.#io.engine?.clientsCount ?? 0,
      namespaces: namespaces.map((namespace) => ({
        name: namespace.name,
        sockets: namespace.sockets.size,
        rooms: countRooms(namespace),
        rates: rates.get(namespace.name) ?? { in: 0, out: 0 },
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

  sockets(name: unknown, query: PageQuery & { room?: string }): Page<SocketOverview> {
    const { sockets, adapter } = this.namespace(name);
    const ids = query.room === undefined ? sockets.keys() : (adapter.rooms.get(String(query.room)) ?? []);
    return page(query, ids, (id) => {
      const socket = sockets.get(id);
      if (!socket || !(matches(query, id) || matches(query, socket.handshake.address))) return;
      return () => describe(socket);
    });
  }
}

function describe({ id, handshake, rooms, conn, bufferedAmount }: AnySocket): SocketOverview {
  return {
    id,
    address: handshake.address,
    connectedAt: handshake.issued,
    rooms: [...rooms].filter((room) => room !== id).slice(0, MAX_ROOMS),
    transport: conn.transport.name,
    bufferedBytes: bufferedAmount,
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
