/** One run of a simulated cluster, from a seed: servers, clients, an application, and everything that can go wrong. */
import type { Chance } from "@sockeye/core/testing";
import type { Socket } from "@sockeye/server";
import { Client } from "./client.ts";
import { Engine } from "./engine.ts";
import { kept } from "./leaks.ts";
import { Model } from "./model.ts";
import { SimulatedServer } from "./server.ts";
import { World } from "./world.ts";

export interface Outcome {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: number;
  /** What happened, if it was asked for. */
  readonly trace: readonly string[];
}

const SERVERS = 3;
const CLIENTS = 5;
const ROOMS = ["red", "green", "blue"];
/** Milliseconds for which sessions are kept. */
const DURATION = 20_000;
const CALM = { latency: [0.2, 5], failures: 0 } as const;

/** What runs differ in. */
interface Temper {
  /** Milliseconds of trouble. */
  readonly length: number;
  /** Milliseconds between two things that the application does, and between two faults. */
  readonly pace: number;
  readonly faultPace: number;
  readonly faults: ReadonlyArray<() => void>;
  readonly maxEntries: number;
  readonly maxBufferedBytes: number;
}

/** Plays the run of a seed. */
export async function simulate(seed: number, isTraced = false): Promise<Outcome> {
  const simulation = new Simulation(seed, isTraced);
  await simulation.play();
  return simulation.outcome;
}

class Simulation {
  readonly #seed: number;
  readonly #world: World;
  readonly #chance: Chance;
  readonly #engine: Engine;
  readonly #model: Model;
  readonly #temper: Temper;
  readonly #trace: string[] = [];
  readonly #isTraced: boolean;
  readonly #clients: Client[] = [];
  readonly #filled: string[] = [];
  #servers: SimulatedServer[] = [];
  #closing = new Set<SimulatedServer>();
  #count = 0;
  #isOver = false;

  constructor(seed: number, isTraced: boolean) {
    this.#seed = seed;
    this.#isTraced = isTraced;
    this.#world = new World(seed);
    this.#chance = this.#world.chance;
    this.#temper = this.#temperOf(this.#chance);
    this.#model = new Model(DURATION, (text) => this.#tell(text));
    const { maxEntries } = this.#temper;
    this.#engine = new Engine(this.#world, { maxEntries, maxAge: 120_000 }, this.#model);
    this.#model.engine = this.#engine;
  }

  get outcome(): Outcome {
    const { faults, counts } = this.#model;
    return { seed: this.#seed, faults, counts, steps: this.#world.steps, trace: this.#trace };
  }

  async play(): Promise<void> {
    for (let n = 0; n < SERVERS; n++) this.#start();
    await this.#world.pass(500);
    for (let n = 0; n < CLIENTS; n++) this.#invite();
    await this.#world.pass(500);
    this.#again(this.#temper.pace, () => this.#act());
    this.#again(this.#temper.faultPace, () => this.#harm());
    await this.#world.pass(this.#temper.length);
    this.#heal();
    await this.#world.pass(25_000);
    for (const server of this.#servers) this.#say(server, [], []);
    await this.#world.pass(5_000);
    this.#model.conclude(this.#clients, this.#servers);
    for (const server of this.#closing) this.#model.fault(`${server.name} has not come to its end`);
    await this.#empty();
  }

  #temperOf(chance: Chance): Temper {
    const all = [
      () => this.#breakLink(),
      () => this.#breakLink(),
      () => this.#kill(),
      () => this.#close(),
      () => this.#suspend(),
      () => this.#sever(),
      () => this.#outage(),
      () => this.#slowDown(),
      () => this.#fail(),
      () => this.#leave(),
    ];
    return {
      length: chance.pick([10_000, 20_000, 40_000]),
      pace: chance.skewed(20, 200),
      faultPace: chance.skewed(300, 5_000),
      faults: all.filter(() => chance.is(0.6)),
      maxEntries: chance.is(0.15) ? 30 : 1_000_000,
      maxBufferedBytes: chance.is(0.1) ? 1_000 : 1_000_000,
    };
  }

  #tell(text: string): void {
    if (this.#isTraced) this.#trace.push(`${(this.#world.now / 1_000).toFixed(4)} ${text}`);
  }

  /** Does something time and again, until the trouble is over. */
  #again(pace: number, act: () => void): void {
    this.#world.later(this.#chance.between(0, 2 * pace), undefined, () => {
      if (this.#isOver) return;
      act();
      this.#again(pace, act);
    });
  }

  // --- who is there ---

  #start(): void {
    const { maxBufferedBytes } = this.#temper;
    const options = { duration: DURATION, maxBufferedBytes };
    const server = new SimulatedServer(`server${++this.#count}`, this.#engine, this.#model, options);
    this.#tell(`${server.name} starts`);
    this.#servers.push(server);
  }

  #invite(): void {
    const name = `client${++this.#count}`;
    const client = new Client(name, {
      received: (_, id) => {
        this.#tell(`${name} receives ${id}, ${client.offset}`);
        this.#model.received(client, id);
      },
      welcomed: (_, isRecovered) => {
        this.#tell(`${name} is in, ${isRecovered ? "recovered" : "anew"}`);
        this.#model.welcomed(client, isRecovered);
      },
      lost: () => {
        this.#tell(`${name} has lost its connection`);
        this.#model.lost(client);
        if (this.#clients.includes(client)) this.#comeBack(client);
      },
    });
    this.#clients.push(client);
    this.#connect(client);
  }

  #comeBack(client: Client): void {
    const isLong = !this.#isOver && this.#chance.is(0.05);
    const pause = isLong ? this.#chance.between(DURATION / 2, DURATION * 1.5) : this.#chance.skewed(5, 4_000);
    this.#world.later(pause, undefined, () => this.#connect(client));
  }

  #connect(client: Client): void {
    if (client.link || !this.#clients.includes(client)) return;
    if (this.#servers.length === 0) {
      this.#comeBack(client);
      return;
    }
    const server = this.#chance.pick(this.#servers);
    this.#tell(`${client.name} connects to ${server.name}, ${client.offset}`);
    this.#model.attempted(client, server);
    server.accept(client);
    const { link } = client;
    this.#world.later(
      this.#chance.pick([300, 3_000, 12_000]) + (this.#isOver ? 10_000 : 0),
      undefined,
      () => {
        if (client.link === link && !client.isIn) this.#lose(client, 0);
      },
    );
  }

  /** Its connection breaks, which it notices after some time, and so does its server. */
  #lose(client: Client, noticed: number): void {
    client.link?.break({ client: noticed, server: this.#chance.skewed(1, 9_000) });
  }

  get #running(): SimulatedServer[] {
    return this.#servers.filter(({ process }) => process.isRunning);
  }

  // --- what the application does ---

  #act(): void {
    if (this.#running.length === 0) return;
    const server = this.#chance.pick(this.#running);
    const socket = this.#chance.pick(server.sockets);
    const chance = this.#chance;
    const what = chance.next();
    if (what < 0.55) this.#say(server, this.#someRooms(), chance.is(0.15) ? [chance.pick(ROOMS)] : []);
    else if (what < 0.6) this.#sayInPassing(server);
    else if (!socket) return;
    else if (what < 0.7) this.#sayTo(server, socket);
    else if (what < 0.82) void this.#join(server, socket, chance.pick(ROOMS));
    else if (what < 0.88) this.#leaveRoom(server, socket, chance.pick(ROOMS));
    else if (what < 0.94) this.#fill(server, chance.pick(ROOMS));
    else this.#note(server, socket);
  }

  #someRooms(): string[] {
    const rooms = [...ROOMS, ...this.#filled.slice(-2)];
    const count = this.#chance.pick([0, 1, 1, 1, 2]);
    return [...new Set(Array.from({ length: count }, () => this.#chance.pick(rooms)))];
  }

  #say(server: SimulatedServer, rooms: string[], except: string[]): void {
    const id = this.#model.say(server, rooms, except, true);
    this.#tell(`${server.name} says ${id} to [${rooms}], not to [${except}]`);
    server.io.to(rooms).except(except).emit("m", id);
  }

  #sayTo(server: SimulatedServer, socket: Socket): void {
    const id = this.#model.say(server, [socket.id], [], true);
    this.#tell(`${server.name} says ${id} to ${this.#nameOf(server, socket)}`);
    socket.emit("m", id);
  }

  /** What is volatile or local is sent at most once, by the side of the log. */
  #sayInPassing(server: SimulatedServer): void {
    const rooms = this.#someRooms();
    const id = this.#model.say(server, rooms, [], false);
    this.#tell(`${server.name} says ${id} to [${rooms}] in passing`);
    const whom = server.io.to(rooms);
    (this.#chance.is(0.5) ? whom.volatile : whom.local).emit("m", id);
  }

  async #join(server: SimulatedServer, socket: Socket, room: string): Promise<void> {
    const { id } = socket;
    this.#tell(`${this.#nameOf(server, socket)} joins ${room}`);
    await socket.join(room);
    if (socket.connected && socket.rooms.has(room)) this.#model.settled(server, id, room);
  }

  #leaveRoom(server: SimulatedServer, socket: Socket, room: string): void {
    this.#tell(`${this.#nameOf(server, socket)} leaves ${room}`);
    void socket.leave(room);
  }

  #fill(server: SimulatedServer, from: string): void {
    const room = `filled${++this.#count}`;
    this.#filled.push(room);
    this.#tell(`${server.name} tells ${from} to join ${room}`);
    this.#model.ordered(server, room);
    server.io.in(from).socketsJoin(room);
    if (this.#chance.is(0.5)) this.#say(server, [room], []);
  }

  #note(server: SimulatedServer, socket: Socket): void {
    const note = ++this.#count;
    this.#tell(`${this.#nameOf(server, socket)} is noted ${note}`);
    socket.data = { note };
    this.#model.noted(socket.id, server, note);
  }

  #nameOf(server: SimulatedServer, socket: Socket): string {
    const end = socket.conn as unknown as Parameters<typeof server.links.get>[0];
    return `${server.links.get(end)?.name} on ${server.name}`;
  }

  // --- what goes wrong ---

  #harm(): void {
    if (this.#temper.faults.length > 0) this.#chance.pick(this.#temper.faults)();
  }

  #breakLink(): void {
    const client = this.#chance.pick(this.#clients);
    this.#tell(`the connection of ${client.name} breaks`);
    this.#lose(client, this.#chance.skewed(1, 9_000));
  }

  #kill(): void {
    const server = this.#chance.pick(this.#servers);
    if (!server) return;
    this.#tell(`${server.name} is killed`);
    this.#forget(server);
    server.kill();
    for (const end of server.links.keys())
      end.link.break({ client: this.#chance.skewed(1, 9_000), server: 0 });
  }

  #close(): void {
    const server = this.#chance.pick(this.#running);
    if (!server) return;
    this.#tell(`${server.name} closes`);
    this.#forget(server);
    this.#closing.add(server);
    void server.close().then(() => this.#closing.delete(server));
  }

  #forget(server: SimulatedServer): void {
    this.#servers = this.#servers.filter((each) => each !== server);
    this.#world.later(this.#chance.skewed(10, 5_000), undefined, () => this.#start());
  }

  #suspend(): void {
    const server = this.#chance.pick(this.#running);
    if (!server) return;
    this.#tell(`${server.name} is suspended`);
    server.suspend();
    const pause = this.#chance.skewed(50, 15_000);
    for (const [end, client] of server.links) {
      if (pause > 9_000)
        this.#world.later(9_000, undefined, () => end.link === client.link && this.#lose(client, 0));
    }
    this.#world.later(pause, undefined, () => this.#resume(server));
  }

  #resume(server: SimulatedServer): void {
    if (server.process.isRunning || server.process.isDead) return;
    this.#tell(`${server.name} goes on`);
    server.resume();
  }

  #sever(): void {
    const server = this.#chance.pick(this.#servers);
    if (!server) return;
    this.#tell(`${server.name} is cut off`);
    server.line.sever(this.#chance.skewed(1, 3_000), this.#chance.skewed(1, 10_000));
  }

  #outage(): void {
    this.#tell("the engine is away");
    const duration = this.#chance.skewed(10, 10_000);
    for (const { line } of this.#servers) line.sever(this.#chance.skewed(1, 500), duration);
  }

  #slowDown(): void {
    this.#tell("the engine is slow");
    this.#engine.weather = { latency: [20, this.#chance.skewed(100, 3_000)], failures: 0 };
    this.#world.later(this.#chance.between(1_000, 5_000), undefined, () => this.#calmDown());
  }

  #fail(): void {
    this.#tell("the engine fails now and then");
    this.#engine.weather = { latency: [0.2, 20], failures: this.#chance.skewed(0.02, 0.5) };
    this.#world.later(this.#chance.between(1_000, 5_000), undefined, () => this.#calmDown());
  }

  #calmDown(): void {
    this.#engine.weather = { ...CALM, latency: [...CALM.latency] };
  }

  #leave(): void {
    const client = this.#chance.pick(this.#clients);
    this.#tell(`${client.name} leaves for good`);
    this.#dismiss(client);
    this.#invite();
  }

  #dismiss(client: Client): void {
    this.#clients.splice(this.#clients.indexOf(client), 1);
    client.leave();
  }

  // --- in the end ---

  #heal(): void {
    this.#tell("all is well again");
    this.#isOver = true;
    this.#calmDown();
    for (const server of this.#servers) this.#resume(server);
    for (const client of this.#clients) this.#connect(client);
  }

  /** When all have left, nothing is kept of them. */
  async #empty(): Promise<void> {
    for (const client of [...this.#clients]) {
      if (this.#chance.is(0.5)) this.#dismiss(client);
      else {
        this.#clients.splice(this.#clients.indexOf(client), 1);
        this.#lose(client, 0);
      }
    }
    await this.#world.pass(DURATION * 1.5 + 20_000);
    for (const { name, io } of this.#servers) {
      const adapter = io.of("/").adapter as unknown as {
        rooms: Map<string, unknown>;
        sids: Map<string, unknown>;
      };
      const sizes = { ...kept(adapter), rooms: adapter.rooms.size, sids: adapter.sids.size };
      for (const [path, size] of Object.entries(sizes)) {
        if (size > (KEPT[path] ?? 0)) this.#model.fault(`${name} keeps ${size} in ${path}`);
      }
    }
    for (const server of this.#servers) server.kill();
  }
}

/** What servers may keep when nobody is there. */
const KEPT: Record<string, number> = {
  "DurableAdapter.#node.#opening": 19,
  "DurableAdapter.#node.#namespaces": 1,
  // All, its own inbox, and the namespace.
  "DurableAdapter.#node.#interest.#subscriptions": 3,
  "DurableAdapter.#node.#durable.journal.#interest.#subscriptions": 1,
  "DurableAdapter.#node.#durable.journal.#followed": 1,
  "DurableAdapter.#node.#durable.journal.#starts": 1,
  // One every five seconds, as long as a dead connection may stay unnoticed.
  "DurableAdapter.#book.#samples": 5,
};
