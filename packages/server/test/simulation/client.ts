/** A client of the simulation, as ours is on the wire: one order at a time, repeated until it is answered. */
import type { ClientDelivery, DeliverySocket } from "../../src/delivery/client-delivery.ts";
import type { Offer } from "../../src/delivery/deliveries.ts";
import type { SimulatedServer } from "./server.ts";
import type { World } from "./world.ts";

const ACK_TIMEOUT = 3000;
const CONNECT_TIMEOUT = 10_000;
const RECEIPT_DELAY = 100;

/** What the client is sent. */
type Down =
  | { kind: "connect"; id: string }
  | { kind: "answer"; id: number; args: unknown[] }
  | { kind: "reliable"; number: number; data: unknown[] };

/** What happens to clients, for whoever keeps the account. */
export interface Account {
  ordered(client: SimulatedClient, order: number, server: SimulatedServer, delivery: ClientDelivery): void;
  answered(client: SimulatedClient, order: number, args: unknown[]): void;
  received(client: SimulatedClient, data: unknown[]): void;
}

/** In order, and broken without either end knowing at once. */
export class Connection {
  readonly client: SimulatedClient;
  readonly server: SimulatedServer;
  /** As the server sees it. */
  isOpen = true;
  #delivery: ClientDelivery | undefined;
  #socket: DeliverySocket | undefined;
  #isBroken = false;
  readonly #arrivals = { up: 0, down: 0 };

  constructor(client: SimulatedClient, server: SimulatedServer) {
    this.client = client;
    this.server = server;
  }

  get world(): World {
    return this.client.world;
  }

  /** The server has let the client in. */
  enter(id: string, delivery: ClientDelivery, received: number): void {
    this.#delivery = delivery;
    this.#socket = {
      id,
      client: { abandon: () => this.close() },
      sendAnswer: (id, args) => this.#down({ kind: "answer", id, args: structuredClone(args) }),
      sendReliable: ([number, data]) => this.#down({ kind: "reliable", number, data: structuredClone(data) }),
    };
    this.#down({ kind: "connect", id: delivery.id });
    delivery.enter(this.#socket, received);
  }

  /** The server closes it, or has noticed that it is lost. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (this.#socket) this.#delivery?.exit(this.#socket);
    this.world.later(() => this.client.lost(this));
  }

  /** Nothing passes any more; client and server notice by and by. */
  break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const { chance } = this.world;
    const soon = (): number => (chance.is(0.7) ? chance.between(0, 20) : chance.between(20, 6000));
    this.world.later(() => this.server.run(() => this.close()), soon());
    this.world.later(() => this.client.lost(this), soon());
  }

  #down(message: Down): void {
    this.#send("down", () => this.client.hear(this, message));
  }

  order(order: number): void {
    this.#send("up", () =>
      this.#atServer((delivery) => this.client.account.ordered(this.client, order, this.server, delivery)),
    );
  }

  receipt(number: number): void {
    this.#send("up", () => this.#atServer((delivery) => delivery.acknowledge(number)));
  }

  #atServer(task: (delivery: ClientDelivery) => void): void {
    this.server.run(() => {
      if (this.isOpen && this.#delivery) task(this.#delivery);
    });
  }

  #send(way: "up" | "down", task: () => void): void {
    if (this.#isBroken || !this.isOpen) return;
    const now = this.world.clock.now();
    const at = Math.max(this.#arrivals[way], now + this.world.chance.between(0, 10));
    this.#arrivals[way] = at;
    this.world.later(() => {
      if (!this.#isBroken) task();
    }, at - now);
  }
}

export class SimulatedClient {
  readonly number: number;
  readonly world: World;
  readonly account: Account;
  readonly #servers: () => SimulatedServer[];
  #offer: Offer = { id: undefined, received: 0 };
  connection: Connection | undefined;
  /** Whether it was let in. */
  isConnected = false;
  #order = 0;
  #isAnswered = true;
  #attempt: unknown;
  #stopped = false;
  #isGone = false;

  constructor(number: number, world: World, account: Account, servers: () => SimulatedServer[]) {
    this.number = number;
    this.world = world;
    this.account = account;
    this.#servers = servers;
    world.later(() => this.#connect());
    world.later(() => this.#next());
  }

  get id(): string | undefined {
    return this.#offer.id;
  }

  get orders(): number {
    return this.#order;
  }

  /** No more orders than there are. */
  stop(): void {
    this.#stopped = true;
  }

  /** It does not come back. */
  leave(): void {
    this.#isGone = true;
    this.connection?.break();
  }

  /** Whether all is said and done. */
  get isIdle(): boolean {
    return this.isConnected && this.#isAnswered;
  }

  #connect(): void {
    const server = this.world.chance.pick<SimulatedServer | undefined>(this.#servers());
    if (!server) {
      this.#reconnect();
      return;
    }
    const connection = new Connection(this, server);
    this.connection = connection;
    this.#attempt = this.world.clock.setTimeout(() => connection.break(), CONNECT_TIMEOUT);
    const offer = { ...this.#offer };
    this.world.later(() => server.run(() => void server.admit(connection, offer)));
  }

  #reconnect(): void {
    this.world.later(() => this.#connect(), this.world.chance.between(50, 1000));
  }

  lost(connection: Connection): void {
    if (this.connection !== connection) return;
    connection.break();
    this.connection = undefined;
    this.isConnected = false;
    this.world.clock.clearTimeout(this.#attempt);
    if (!this.#isGone) this.#reconnect();
  }

  hear(connection: Connection, message: Down): void {
    if (this.connection !== connection) return;
    switch (message.kind) {
      case "connect":
        this.world.clock.clearTimeout(this.#attempt);
        this.isConnected = true;
        if (this.#offer.id !== message.id) {
          this.world.note(`client ${this.number} is ${message.id.slice(0, 4)} now`);
          this.#offer = { id: message.id, received: 0 };
        }
        if (!this.#isAnswered) this.#say();
        return;
      case "answer":
        if (message.id !== this.#order || this.#isAnswered) return;
        this.#isAnswered = true;
        this.account.answered(this, message.id, message.args);
        this.world.later(() => this.#next(), this.world.chance.between(0, 2000));
        return;
      case "reliable":
        if (message.number <= this.#offer.received) return;
        this.#offer = { ...this.#offer, received: message.number };
        this.world.later(() => connection.receipt(message.number), RECEIPT_DELAY);
        this.account.received(this, message.data);
    }
  }

  #next(): void {
    if (this.#stopped) return;
    this.#order++;
    this.#isAnswered = false;
    if (this.isConnected) this.#say();
  }

  #say(): void {
    const { connection } = this;
    const order = this.#order;
    connection?.order(order);
    this.world.later(() => {
      if (this.connection === connection && this.#order === order && !this.#isAnswered && this.isConnected)
        this.#say();
    }, ACK_TIMEOUT);
  }
}
