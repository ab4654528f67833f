/** A server of a simulated cluster: a real one, whose clients come by connections in memory. */
import { EventEmitter } from "node:events";
import type { AdapterNamespace, RecoveryFailure } from "@sockeye/adapter";
import { type ClusterAdapter, type ClusterOptions, type ClusterState, cluster } from "@sockeye/cluster";
import { Server, type Socket } from "@sockeye/server";
import type { Entered } from "../../src/journal.ts";
import type { Client } from "./client.ts";
import type { Engine, Line } from "./engine.ts";
import { Link, type ServerEnd } from "./link.ts";
import { Process, type World } from "./world.ts";

/** A client has got into a server. */
export interface Entrance {
  readonly server: SimulatedServer;
  readonly client: Client;
  readonly link: Link;
  readonly pid: string;
  readonly sid: string;
  readonly rooms: ReadonlySet<string>;
  readonly note: number;
  readonly reason: RecoveryFailure | undefined;
}

/** Who is told what happens on servers. */
export interface ServerWatch {
  /** From now on it hears of the others. */
  ready(server: SimulatedServer): void;
  /** It has missed what is no longer in the log. */
  missed(server: SimulatedServer): void;
  /** It was cut off when this came into the log, and has read it since. */
  caughtUp(server: SimulatedServer, id: number): void;
  entered(entrance: Entrance): void;
  left(link: Link, pid: string, isForGood: boolean): void;
  joined(server: SimulatedServer, sid: string, room: string): void;
  parted(server: SimulatedServer, sid: string, room: string): void;
  /** A message was written on a connection. */
  sent(link: Link, id: number): void;
  failed(server: SimulatedServer, pid: string, reason: RecoveryFailure): void;
}

/** How the application's data of a socket is told apart: it counts up. */
export function noteIn(data: unknown): number {
  return (data as { note?: number } | undefined)?.note ?? 0;
}

export class SimulatedServer {
  readonly name: string;
  readonly process: Process;
  readonly line: Line;
  readonly io: Server;
  readonly links = new Map<ServerEnd, Client>();
  /** Since when it hears of the others; infinite while it does not. */
  readySince = Number.POSITIVE_INFINITY;
  readonly #world: World;
  readonly #watch: ServerWatch;
  readonly #port = new EventEmitter();
  #paused: number;

  constructor(
    name: string,
    engine: Engine,
    watch: ServerWatch,
    options: { duration: number } & ClusterOptions,
  ) {
    this.name = name;
    this.#world = engine.world;
    this.#watch = watch;
    this.process = new Process(engine.world);
    this.#paused = engine.world.now;
    this.line = engine.connect(this.process);
    const { duration, ...clusterOptions } = options;
    const create = cluster(this.line, { ...clusterOptions, clock: this.process });
    this.io = new Server({
      adapter: (nsp: AdapterNamespace) => this.#observed(create(nsp)),
      clock: this.process,
      connectionStateRecovery: { maxDisconnectionDuration: duration },
      pingInterval: 5_000,
      pingTimeout: 4_000,
    });
    const close = (): void => {
      for (const end of this.links.keys()) end.close();
    };
    this.io.bind(Object.assign(this.#port, { close, clients: {} }));
    this.io.on("connection", (socket: Socket) => this.#entered(socket));
  }

  get state(): ClusterState {
    return (this.io.of("/").adapter as unknown as ClusterAdapter).clusterState;
  }

  get sockets(): Socket[] {
    return [...this.io.of("/").sockets.values()];
  }

  /** When it was last not all there, or its engine was not. */
  get troubled(): number {
    return Math.max(this.#paused, this.line.troubled);
  }

  /** A client connects. */
  accept(client: Client): void {
    const link: Link = new Link(this.#world, this.process, {
      opened: (end) => {
        this.links.set(end, client);
        end.on("close", () => this.links.delete(end));
        this.#port.emit("connection", end);
      },
      written: (data) => {
        if (data[0] === "2") this.#watch.sent(link, (JSON.parse(data.slice(1)) as [string, number])[1]);
      },
      received: (data) => client.receive(link, data),
      ended: () => client.ended(link),
    });
    client.open(link);
  }

  suspend(): void {
    this.process.suspend();
    this.#paused = Number.POSITIVE_INFINITY;
  }

  resume(): void {
    this.process.resume();
    this.#paused = this.#world.now;
  }

  /** It is gone without a word. */
  kill(): void {
    this.process.kill();
    this.line.vanish();
  }

  async close(): Promise<void> {
    await this.io.close();
    this.kill();
  }

  #observed(adapter: ClusterAdapter): ClusterAdapter {
    const init = adapter.init.bind(adapter);
    adapter.init = async () => {
      await init();
      this.readySince = this.#world.now;
      this.#watch.ready(this);
    };
    adapter.on("join-room", (room: string, sid: string) => this.#watch.joined(this, sid, room));
    adapter.on("leave-room", (room: string, sid: string) => this.#watch.parted(this, sid, room));
    adapter.on("cluster_state", ({ error }: ClusterState) => {
      if (error instanceof Error && error.message.includes("no longer there")) this.#watch.missed(this);
    });
    const inner = adapter as unknown as { entered(entered: Entered): void };
    const entered = inner.entered.bind(adapter);
    inner.entered = (each) => {
      if (each.late) this.#watch.caughtUp(this, each.order.args[1] as number);
      entered(each);
    };
    adapter.on("recovery_failed", (reason: RecoveryFailure, pid: string) =>
      this.#watch.failed(this, pid, reason),
    );
    return adapter;
  }

  #entered(socket: Socket): void {
    const end = socket.conn as unknown as ServerEnd;
    const { pid } = socket as unknown as { pid: string };
    this.#watch.entered({
      server: this,
      client: this.links.get(end) as Client,
      link: end.link,
      pid,
      sid: socket.id,
      rooms: new Set(socket.rooms),
      note: noteIn(socket.data),
      reason: socket.recoveryFailure,
    });
    socket.on("disconnecting", (reason) =>
      this.#watch.left(end.link, pid, reason === "client namespace disconnect"),
    );
  }
}
