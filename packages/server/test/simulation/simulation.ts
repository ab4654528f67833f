/** Clients, servers and faults by a seed, and what is wrong with what the clients have received. */
import type { ClientDelivery } from "../../src/delivery/client-delivery.ts";
import type { ReliableExpired } from "../../src/delivery/deliveries.ts";
import { Bus } from "./bus.ts";
import { type Account, SimulatedClient } from "./client.ts";
import { DURATION, SimulatedServer } from "./server.ts";
import { Engine, World } from "./world.ts";

/** What may happen besides connections that break. */
export interface Faults {
  kill: boolean;
  suspend: boolean;
  outage: boolean;
}

export interface Outcome {
  faults: string[];
  history: string[];
  /** Reliable events, and orders. */
  events: number;
  orders: number;
  handledAgain: number;
}

/** An event of `reliable`. */
interface Emitted {
  readonly uid: number;
  readonly client: number;
  readonly server: SimulatedServer;
  readonly delivery: ClientDelivery;
  /** It was in a record at some time. */
  isWritten: boolean;
  isExpired: boolean;
}

const SERVERS = 3;
const CLIENTS = 4;

/** Milliseconds without faults in which everything is to come right. */
const CALM = 30_000;

class Simulation implements Account {
  readonly #world: World;
  readonly #bus: Bus;
  readonly #engine: Engine;
  readonly #durable: boolean;
  readonly #faults: Faults;
  #servers: SimulatedServer[] = [];
  readonly #clients: SimulatedClient[] = [];
  readonly #emitted = new Map<number, Emitted>();
  readonly #received = new Map<number, number[]>();
  readonly #handled = new Map<string, number>();
  readonly wrong: string[] = [];
  #names = 0;
  #calm = false;

  constructor(seed: number, durable: boolean, faults: Faults) {
    this.#world = new World(seed);
    this.#bus = new Bus(this.#world);
    this.#engine = new Engine(this.#world, (value) => this.#written(value));
    this.#durable = durable;
    this.#faults = faults;
    for (let number = 0; number < SERVERS; number++) this.#start();
    for (let number = 0; number < CLIENTS; number++) {
      const servers = (): SimulatedServer[] => this.#servers.filter(({ alive }) => alive);
      this.#clients.push(new SimulatedClient(number, this.#world, this, servers));
    }
  }

  async run(seconds: number): Promise<Outcome> {
    this.#trouble();
    this.#push();
    await this.#world.pass(seconds * 1000);
    this.#calm = true;
    for (const client of this.#clients) client.stop();
    await this.#world.pass(CALM);
    for (const client of this.#clients) {
      if (!client.isIdle) this.wrong.push(`client ${client.number} is not served`);
      client.leave();
    }
    // News that nobody hears is given up after that time, and what is said meanwhile after the same time again.
    await this.#world.pass(3 * DURATION);
    if (this.#world.clock.pending > 0) this.wrong.push("there are timers when everybody has left");
    this.#judge();
    const orders = this.#clients.reduce((sum, client) => sum + client.orders, 0);
    const handled = [...this.#handled.values()].reduce((sum, times) => sum + times, 0);
    return {
      faults: this.wrong,
      history: this.#world.history,
      events: this.#emitted.size,
      orders,
      handledAgain: handled - this.#handled.size,
    };
  }

  #start(): void {
    const name = `s${++this.#names}`;
    const engine = this.#durable ? this.#engine : undefined;
    const server = new SimulatedServer(name, this.#world, engine, this.#bus, (expired) =>
      this.#expired(expired),
    );
    this.#servers.push(server);
  }

  /** One fault after the other. */
  #trouble(): void {
    const { chance } = this.#world;
    if (this.#calm) return;
    this.#world.later(() => this.#trouble(), chance.between(50, 3000));
    const kind = chance.next();
    const server = chance.pick<SimulatedServer | undefined>(this.#servers);
    if (kind < 0.6) chance.pick(this.#clients).connection?.break();
    else if (kind < 0.7 && this.#faults.kill && server) this.#kill(server);
    else if (kind < 0.8 && this.#faults.suspend && server?.running) {
      server.suspend();
      this.#world.later(() => server.resume(), chance.between(100, 7000));
    } else if (kind < 0.9 && this.#faults.outage && this.#world.engineIsUp) this.#stopEngine();
  }

  #kill(server: SimulatedServer): void {
    server.kill();
    this.#servers = this.#servers.filter((other) => other !== server);
    for (const { connection } of this.#clients) if (connection?.server === server) connection.break();
    this.#world.later(() => this.#start(), this.#world.chance.between(0, 3000));
  }

  #stopEngine(): void {
    const world = this.#world;
    world.note("the engine is away");
    world.engineIsUp = false;
    world.outages++;
    world.later(
      () => {
        world.note("the engine is back");
        world.engineIsUp = true;
        this.#bus.resume();
      },
      world.chance.is(0.7) ? world.chance.between(100, 4000) : world.chance.between(4000, 9000),
    );
  }

  /** The application has something to say, perhaps on a socket that is no more. */
  #push(): void {
    const { chance } = this.#world;
    if (this.#calm) return;
    this.#world.later(() => this.#push(), chance.between(10, 300));
    const server = chance.pick<SimulatedServer | undefined>(this.#servers);
    const sockets = server?.sockets.slice(-8) ?? [];
    const target = chance.pick<(typeof sockets)[number] | undefined>(sockets);
    if (server && target) server.run(() => this.#emit(server, target.client, target.delivery));
  }

  #emit(server: SimulatedServer, client: number, delivery: ClientDelivery): void {
    const uid = this.#emitted.size + 1;
    this.#emitted.set(uid, { uid, client, server, delivery, isWritten: false, isExpired: false });
    this.#world.note(`${server.name} emits ${uid} to client ${client}`);
    delivery.emit(["event", uid]);
  }

  #written(value: unknown): void {
    const { events = [] } = value as { events?: Array<[number, [string, number]]> };
    for (const [, [, uid]] of events) this.#know(uid).isWritten = true;
  }

  #expired({ events, reason }: ReliableExpired): void {
    for (const [, uid] of events) {
      this.#world.note(`${uid} expires: ${reason}`);
      this.#know(uid as number).isExpired = true;
    }
  }

  #know(uid: number): Emitted {
    return this.#emitted.get(uid) as Emitted;
  }

  ordered(client: SimulatedClient, order: number, server: SimulatedServer, delivery: ClientDelivery): void {
    const answer = delivery.take(order);
    if (!answer) return;
    const key = `${client.number}/${order}`;
    this.#handled.set(key, (this.#handled.get(key) ?? 0) + 1);
    this.#world.note(`${server.name} handles order ${order} of client ${client.number}`);
    const finish = (): void => {
      this.#emit(server, client.number, delivery);
      answer(order);
    };
    const { chance } = this.#world;
    if (chance.is(0.7)) finish();
    else server.clock.setTimeout(finish, chance.between(0, 4000));
  }

  answered(client: SimulatedClient, order: number, args: unknown[]): void {
    this.#world.note(`client ${client.number} is answered ${order}`);
    if (args[0] !== order) this.wrong.push(`client ${client.number} had ${args} for ${order}`);
  }

  received(client: SimulatedClient, [, uid]: unknown[]): void {
    this.#world.note(`client ${client.number} receives ${uid}`);
    const received = this.#received.get(client.number) ?? [];
    received.push(uid as number);
    this.#received.set(client.number, received);
  }

  #judge(): void {
    for (const [client, uids] of this.#received) {
      const seen = new Set<number>();
      const latest = new Map<ClientDelivery, number>();
      for (const uid of uids) {
        const { delivery, client: meant } = this.#know(uid);
        if (meant !== client) this.wrong.push(`client ${client} had ${uid}, which was for ${meant}`);
        if (seen.has(uid)) this.wrong.push(`client ${client} had ${uid} twice`);
        else if (uid < (latest.get(delivery) ?? 0))
          this.wrong.push(`client ${client} had ${uid} out of order`);
        seen.add(uid);
        latest.set(delivery, uid);
      }
    }
    for (const { uid, client, server, delivery, isWritten, isExpired } of this.#emitted.values()) {
      if (this.#received.get(client)?.includes(uid)) {
        // Without records, who begins anew cannot tell the server before what it has received.
        if (isExpired && this.#durable) this.wrong.push(`${uid} has not expired`);
        continue;
      }
      if (isExpired) continue;
      // What servers have in memory dies with them, also what they were told.
      const forgiven = this.#durable
        ? // Nobody comes back for what was kept under an id that its client has never heard of.
          !server.alive && (!isWritten || delivery.id !== this.#clients[client]?.id)
        : this.#faults.kill;
      if (!forgiven) this.wrong.push(`client ${client} misses ${uid} of ${server.name}`);
    }
    const { kill, suspend, outage } = this.#faults;
    // Without records, two servers that a client comes to at once may both not find it at the other one.
    if (kill || suspend || outage || !this.#durable) return;
    for (const [key, times] of this.#handled) {
      if (times > 1) this.wrong.push(`order ${key} was handled ${times} times`);
    }
  }
}

export function simulate(seed: number, durable: boolean, faults: Faults, seconds = 60): Promise<Outcome> {
  return new Simulation(seed, durable, faults).run(seconds);
}
