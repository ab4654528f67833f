/** For processes without sockets: says things to the clients of a cluster. */
import { randomBytes } from "node:crypto";
import type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  TypedEventBroadcaster,
} from "@sockeye/core";
import type { Bus, Undo } from "./bus.ts";
import { Journal } from "./journal.ts";
import { checkBus, type DurableBus } from "./log.ts";
import { EMITTER, type Order, type Target } from "./message.ts";
import { type ClusterOptions, resolveOptions } from "./options.ts";
import { Orders } from "./orders.ts";
import { Outbox } from "./outbox.ts";
import { Topics } from "./topics.ts";

/** What an emitter must know of its cluster. */
export type EmitterOptions = Pick<ClusterOptions, "prefix" | "maxBufferedBytes">;

/** Socket.IO protocol, "Reserved event names". */
const RESERVED: ReadonlySet<PropertyKey> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** The way from an emitter to its cluster. */
class Line {
  readonly #orders: Orders;
  readonly #outbox: Outbox;
  readonly #journal: Journal | undefined;
  readonly #unobserve: Undo;

  constructor(engine: Bus | DurableBus, options: EmitterOptions) {
    checkBus("Emitter", engine);
    const resolved = resolveOptions(options);
    const id = EMITTER + randomBytes(12).toString("base64url");
    const bus = "log" in engine ? engine.bus : engine;
    this.#outbox = new Outbox(bus, id, resolved.maxBufferedBytes);
    // It has no clients: it only appends, and what cannot be appended yet is kept.
    const home = { entered: () => {}, ahead: () => {}, passed: () => {}, failed: () => {} };
    this.#journal = "log" in engine ? new Journal(engine, id, resolved, home) : undefined;
    const topics = new Topics(resolved.prefix, bus.roomTopics);
    this.#orders = new Orders(topics, resolved.clock, this.#outbox, this.#journal);
    this.#unobserve = bus.observe((state) => {
      this.#outbox.gate = state === "down" ? "shut" : "open";
    });
  }

  tell(rooms: string[], order: Order): void {
    const isLogged = this.#journal && order.kind === "broadcast" && !order.to.volatile;
    if (isLogged) void this.#journal.append(order);
    else this.#orders.tell(new Set(rooms), order);
  }

  async close(): Promise<void> {
    await Promise.all([this.#outbox.flushed(), this.#journal?.stop()]);
    this.#unobserve();
  }
}

/** Whom an emitter speaks to; each step gives a new value, and nothing is remembered between two calls. */
export class EmitterTarget<
  Emit extends EventsMap = DefaultEventsMap,
  ServerSide extends EventsMap = DefaultEventsMap,
> implements TypedEventBroadcaster<Emit>
{
  protected readonly line: Line;
  readonly #nsp: string;
  readonly #target: Target;

  constructor(line: Line, nsp: string, target: Target = { rooms: [], except: [] }) {
    this.line = line;
    this.#nsp = nsp;
    this.#target = target;
  }

  /** The members of a room, or of any of several. */
  to(room: string | string[]): EmitterTarget<Emit, ServerSide> {
    return this.#with({ rooms: [...new Set([...this.#target.rooms, ...[room].flat()])] });
  }

  /** The same as `to`. */
  in(room: string | string[]): EmitterTarget<Emit, ServerSide> {
    return this.to(room);
  }

  /** Not the members of these rooms. */
  except(room: string | string[]): EmitterTarget<Emit, ServerSide> {
    return this.#with({ except: [...new Set([...this.#target.except, ...[room].flat()])] });
  }

  /** Whether transports may compress what is sent. */
  compress(compress: boolean): EmitterTarget<Emit, ServerSide> {
    return this.#with({ compress });
  }

  /** What is sent may be lost when a client, or the bus, is not ready. */
  get volatile(): EmitterTarget<Emit, ServerSide> {
    return this.#with({ volatile: true });
  }

  /** Sends an event to the clients; always true. Throws for reserved names and for acknowledgement callbacks. */
  emit<Ev extends EventNames<Emit>>(ev: Ev, ...args: EventParams<Emit, Ev>): true {
    if (RESERVED.has(ev)) throw new Error(`"${String(ev)}" is a reserved event name`);
    const event = withoutAck([ev, ...args]);
    this.#tell({ kind: "broadcast", nsp: this.#nsp, to: this.#target, copy: 0, args: event });
    return true;
  }

  /** Makes the sockets join rooms. */
  socketsJoin(rooms: string | string[]): void {
    this.#tell({ kind: "join", nsp: this.#nsp, to: this.#target, copy: 0, rooms: [rooms].flat() });
  }

  /** Makes the sockets leave rooms. */
  socketsLeave(rooms: string | string[]): void {
    this.#tell({ kind: "leave", nsp: this.#nsp, to: this.#target, copy: 0, rooms: [rooms].flat() });
  }

  /** Disconnects the sockets; with `close`, the connections below them too. */
  disconnectSockets(close = false): void {
    this.#tell({ kind: "disconnect", nsp: this.#nsp, to: this.#target, copy: 0, close });
  }

  /** Sends an event to the servers. Throws for acknowledgement callbacks: an emitter cannot be answered. */
  serverSideEmit<Ev extends EventNames<ServerSide>>(ev: Ev, ...args: EventParams<ServerSide, Ev>): void {
    this.line.tell([], { kind: "emit", nsp: this.#nsp, args: withoutAck([ev, ...args]) });
  }

  #tell(order: Order): void {
    this.line.tell(this.#target.rooms, order);
  }

  #with(change: Partial<Target>): EmitterTarget<Emit, ServerSide> {
    return new EmitterTarget(this.line, this.#nsp, { ...this.#target, ...change });
  }
}

/**
 * Emits to the clients of a cluster without being one of its servers, with the API of Socket.IO's emitters:
 * `new Emitter(redis(client)).to("room").emit("hello")`.
 */
export class Emitter<
  Emit extends EventsMap = DefaultEventsMap,
  ServerSide extends EventsMap = DefaultEventsMap,
> extends EmitterTarget<Emit, ServerSide> {
  /** @param bus that of the cluster; with a log where its servers recover sessions by one */
  constructor(bus: Bus | DurableBus, options: EmitterOptions = {}, nsp = "/") {
    super(new Line(bus, options), nsp);
  }

  /** The clients of another namespace. */
  of(nsp: string): EmitterTarget<Emit, ServerSide> {
    return new EmitterTarget(this.line, nsp.startsWith("/") ? nsp : `/${nsp}`);
  }

  /** Resolves when all that was said is with the bus; the bus itself stays open. */
  close(): Promise<void> {
    return this.line.close();
  }
}

function withoutAck(args: unknown[]): unknown[] {
  if (typeof args.at(-1) === "function") throw new Error("Acknowledgements are not supported by an emitter");
  return args;
}
