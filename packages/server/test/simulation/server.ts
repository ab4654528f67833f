/** A server of the simulation: the part of a namespace that deals with deliveries. */
import type { ClientDelivery } from "../../src/delivery/client-delivery.ts";
import { Deliveries, type Offer, type ReliableExpired } from "../../src/delivery/deliveries.ts";
import { resolveDelivery } from "../../src/delivery/options.ts";
import type { Bus } from "./bus.ts";
import { type Engine, Process, type World } from "./world.ts";

/** Milliseconds that a client may stay away. */
export const DURATION = 40_000;

/** A connection that asks to be let in. */
interface Visitor {
  readonly isOpen: boolean;
  readonly client: { readonly number: number };
  enter(id: string, delivery: ClientDelivery, received: number): void;
  close(): void;
}

export class SimulatedServer extends Process {
  readonly deliveries: Deliveries;
  /** Where the application may still emit, although it may be over. */
  readonly sockets: Array<{ delivery: ClientDelivery; client: number }> = [];
  #sockets = 0;

  constructor(
    name: string,
    world: World,
    engine: Engine | undefined,
    bus: Bus,
    expired: (expired: ReliableExpired) => void,
  ) {
    super(name, world);
    this.deliveries = new Deliveries(
      {
        clock: this.clock,
        records: engine?.recordsOf(this),
        tell: (packet) => bus.tell(this, packet),
        report: expired,
      },
      resolveDelivery({ durable: engine !== undefined, duration: DURATION }),
    );
    bus.join({ process: this, hear: (packet) => this.deliveries.hear(packet as never) });
  }

  async admit(connection: Visitor, offer: Offer): Promise<void> {
    const { deliveries } = this;
    const known = deliveries.find(offer);
    known?.socket?.client.abandon();
    const delivery = known ?? (await deliveries.fetch(offer));
    if (!delivery) {
      connection.close();
      return;
    }
    // Middlewares, and the recovery of the session.
    await new Promise<void>((resolve) => this.clock.setTimeout(resolve, this.world.delay()));
    if (delivery.isOver) connection.close();
    if (!connection.isOpen) return;
    const received = delivery.id === offer.id ? offer.received : 0;
    connection.enter(`${this.name}#${++this.#sockets}`, delivery, received);
    this.sockets.push({ delivery, client: connection.client.number });
    if (this.sockets.length > 50) this.sockets.shift();
  }
}
