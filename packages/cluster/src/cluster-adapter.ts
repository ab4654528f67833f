/** The adapter of a cluster: what is asked of a namespace happens on every server that is concerned. */
import {
  type AckCallback,
  type AdapterNamespace,
  type AdapterPacket,
  type BroadcastOptions,
  type Room,
  SessionAwareAdapter,
  type SocketDetails,
  type SocketId,
} from "@sockeye/adapter";
import type { ClusterState } from "./cluster-state.ts";
import { Gathering, Poll } from "./inquiries.ts";
import type { Entered } from "./journal.ts";
import { type LocalNamespace, packTarget } from "./local-namespace.ts";
import type { Answer, Logged } from "./message.ts";
import type { ClusterNode } from "./node.ts";
import { boundedTimeout } from "./options.ts";

/** No room in particular: all of the namespace. */
const EVERYBODY: ReadonlySet<Room> = new Set();

/**
 * Socket.IO's adapter contract over a cluster. Emits `cluster_state` with a {@link ClusterState} when the bus
 * goes down or comes back, when a server comes or goes, and when a subscription fails; the main namespace's
 * application listeners get it too (`io.on("cluster_state")`).
 */
export class ClusterAdapter extends SessionAwareAdapter {
  readonly #node: ClusterNode;
  readonly #local: LocalNamespace = {
    name: this.nsp.name,
    has: (rooms) => rooms.length === 0 || rooms.some((room) => this.rooms.has(room)),
    broadcast: (packet, opts) => void this.deliverHere(packet, opts),
    poll: (packet, opts, count, ack) => super.broadcastWithAck(packet, opts, count, ack),
    join: (opts, rooms) => void super.addSockets(opts, rooms),
    leave: (opts, rooms) => void super.delSockets(opts, rooms),
    disconnect: (opts, close) => void super.disconnectSockets(opts, close),
    fetch: (opts) => super.fetchSockets(opts),
    serverSideEmit: (args) => this.nsp._onServerSideEmit(args),
    stateChanged: (state) => this.stateChanged(state),
    entered: (entered) => this.entered(entered),
    ahead: (order) => this.ahead(order),
    yieldSession: (pid) => this.yieldSession(pid),
  };

  constructor(nsp: AdapterNamespace, node: ClusterNode) {
    const { connectionStateRecovery } = (nsp.server.opts ?? {}) as { connectionStateRecovery?: unknown };
    // With a log, sessions are recovered on any server, and not by the memory of this one.
    const enabled = Boolean(connectionStateRecovery) && !node.durable;
    super(nsp, { enabled, clock: node.options.clock });
    this.#node = node;
  }

  /** How the cluster looks from here, with counts since the start. */
  get clusterState(): ClusterState {
    return this.#node.state;
  }

  override init(): Promise<void> {
    return this.#node.attach(this.#local);
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), this.#node.detach(this.#local)]);
  }

  override serverCount(): Promise<number> {
    return Promise.resolve(this.#node.servers);
  }

  /** A promise when this server does not hear of one of the rooms yet, done when it does. */
  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    const pending: Promise<void>[] = [];
    for (const room of rooms) {
      const { name } = this.nsp;
      const heard = this.rooms.has(room) ? this.#node.pending(name, room) : this.#node.watch(name, room);
      if (heard) pending.push(heard);
    }
    const joined = super.addAll(id, rooms);
    return pending.length === 0 ? joined : Promise.all([joined, ...pending]).then(() => {});
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    const existed = this.rooms.has(room);
    const left = super.del(id, room);
    if (existed) this.#unwatchIfEmpty(room);
    return left;
  }

  override delAll(id: SocketId): void {
    const rooms = [...(this.sids.get(id) ?? [])];
    super.delAll(id);
    for (const room of rooms) this.#unwatchIfEmpty(room);
  }

  override broadcast(packet: AdapterPacket, opts: BroadcastOptions): Promise<void> | void {
    // A packet with an id is for one socket of this server, which knows what to do with the acknowledgement.
    if (!opts.flags?.local && !opts.flags?.direct && packet.id === undefined) {
      const args = packet.data as unknown[];
      const to = packTarget(opts);
      this.#node.tell(opts.rooms, { kind: "broadcast", nsp: this.nsp.name, to, copy: 0, args });
    }
    return this.deliverHere(packet, opts);
  }

  /** Sends to the sockets of this server. */
  protected deliverHere(packet: AdapterPacket, opts: BroadcastOptions): Promise<void> | void {
    return super.broadcast(packet, opts);
  }

  /** An entry of the log; there are none without one. */
  protected entered(_entered: Entered): void {}

  /** A broadcast that the log does not have yet; there are none without one. */
  protected ahead(_order: Logged): void {}

  protected stateChanged(state: ClusterState): void {
    this.emit("cluster_state", state);
    if (this.nsp.name === "/") this.nsp.emitReserved?.("cluster_state", state);
  }

  /** The latest of a session that this server lets go of; without a log it has none to give. */
  protected yieldSession(_pid: string): unknown {
    return null;
  }

  override broadcastWithAck(
    packet: AdapterPacket,
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: AckCallback,
  ): void {
    if (!opts.flags?.local) {
      const timeout = this.#timeout(opts);
      const question = { kind: "poll", nsp: this.nsp.name, to: packTarget(opts), timeout } as const;
      const args = packet.data as unknown[];
      this.#node.ask(timeout, new Poll(clientCountCallback, ack), (request) => ({
        ...question,
        request,
        args,
      }));
    }
    super.broadcastWithAck(packet, opts, clientCountCallback, ack);
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> | void {
    this.#move("join", opts, rooms);
    return super.addSockets(opts, rooms);
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> | void {
    this.#move("leave", opts, rooms);
    return super.delSockets(opts, rooms);
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): Promise<void> | void {
    if (!opts.flags?.local) {
      const to = packTarget(opts);
      this.#node.tell(opts.rooms, { kind: "disconnect", nsp: this.nsp.name, to, copy: 0, close });
    }
    return super.disconnectSockets(opts, close);
  }

  /** Rejects when a server that is alive does not answer in time. */
  override async fetchSockets(opts: BroadcastOptions): Promise<SocketDetails[]> {
    const local = super.fetchSockets(opts);
    if (opts.flags?.local) return local;
    const question = { kind: "fetch", nsp: this.nsp.name, to: packTarget(opts) } as const;
    const remote = await new Promise<unknown[]>((resolve, reject) => {
      this.#gather(
        this.#timeout(opts),
        (request) => ({ ...question, request }),
        (error, sockets) => (error ? reject(error) : resolve(sockets)),
      );
    });
    return [...(await local), ...(remote as SocketDetails[])];
  }

  override serverSideEmit(packet: unknown[]): void {
    const nsp = this.nsp.name;
    const ack = packet.at(-1);
    if (typeof ack !== "function")
      return void this.#node.tell(EVERYBODY, { kind: "emit", nsp, args: packet });
    const args = packet.slice(0, -1);
    const { requestTimeout } = this.#node.options;
    this.#gather(requestTimeout, (request) => ({ kind: "ask", nsp, args, request }), ack as Gathered);
  }

  #gather(timeout: number, question: Parameters<ClusterNode["ask"]>[2], done: Gathered): void {
    const expected = this.#node.servers - 1;
    const ended = (values: unknown[], missing: number): void =>
      done(missing > 0 ? timeoutError(expected, missing) : null, values);
    this.#node.ask(timeout, new Gathering(valuesOf, ended), question);
  }

  #timeout({ flags }: BroadcastOptions): number {
    return boundedTimeout(flags?.timeout ?? this.#node.options.requestTimeout);
  }

  #move(kind: "join" | "leave", opts: BroadcastOptions, rooms: Room[]): void {
    if (opts.flags?.local) return;
    this.#node.tell(opts.rooms, { kind, nsp: this.nsp.name, to: packTarget(opts), copy: 0, rooms });
  }

  #unwatchIfEmpty(room: Room): void {
    if (!this.rooms.has(room)) this.#node.unwatch(this.nsp.name, room);
  }
}

/** The end of a gathering: an error when servers did not answer in time, and the answers that came. */
type Gathered = (error: Error | null, values: unknown[]) => void;

/** What an answer contributes to a gathering. */
function valuesOf(answer: Answer): unknown[] | undefined {
  if (answer.kind === "reply") return [answer.value];
  return answer.kind === "sockets" ? answer.sockets : undefined;
}

function timeoutError(expected: number, missing: number): Error {
  return new Error(`timeout reached: only ${expected - missing} responses received out of ${expected}`);
}
