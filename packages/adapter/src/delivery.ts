/** One packet on its way to many sockets of this server: encoded once, at the first socket that takes it. */
import type {
  AdapterNamespace,
  AdapterPacket,
  AdapterSocket,
  BroadcastFlags,
  BroadcastOptions,
  EncodedPacket,
  SocketId,
  WriteOptions,
} from "./contract.ts";
import { type Membership, select } from "./selection.ts";

/** Hands one packet to any number of sockets; a delivery that reaches nobody encodes nothing. */
export class Delivery {
  readonly #nsp: AdapterNamespace;
  readonly #packet: AdapterPacket;
  readonly #wire: AdapterPacket;
  readonly #options: WriteOptions;
  #encoded: EncodedPacket | undefined;
  #prepared: unknown;

  /** @param wire what is sent, where it is not what the catch-all listeners shall see */
  constructor(
    nsp: AdapterNamespace,
    packet: AdapterPacket,
    flags: BroadcastFlags | undefined,
    wire: AdapterPacket = packet,
  ) {
    this.#nsp = nsp;
    this.#packet = packet;
    this.#wire = wire;
    this.#options = { preEncoded: true, volatile: flags?.volatile, compress: flags?.compress };
    wire.nsp = nsp.name;
  }

  to(socket: AdapterSocket): void {
    socket.notifyOutgoingListeners?.(this.#packet);
    if (this.#encoded === undefined) this.#encode();
    const { client } = socket;
    if (this.#prepared !== undefined && client.writePrepared)
      client.writePrepared(this.#prepared, this.#options);
    else client.writeToEngine(this.#encoded as EncodedPacket, this.#options);
  }

  #encode(): void {
    this.#encoded = this.#frames();
    this.#prepared = this.#nsp.prepare?.(this.#encoded);
  }

  #frames(): EncodedPacket {
    const { encoder } = this.#nsp.server;
    const wire = this.#wire;
    if (wire.json === undefined) return encoder.encode(wire);
    const text = encoder.encodeJson?.(wire, wire.json);
    if (text !== undefined) return [text];
    // Parsers of others may send whatever a packet has.
    const { json, ...packet } = wire;
    return encoder.encode(packet);
  }
}

/** What a delivery needs of its adapter. */
export interface DeliveryHome extends Membership {
  readonly nsp: AdapterNamespace;
}

/** Visits the selected sockets that are connected; a socket may be in rooms before it is and after it was. */
export function visitSockets(
  home: DeliveryHome,
  opts: BroadcastOptions,
  visit: (socket: AdapterSocket, id: SocketId) => void,
): void {
  const { sockets } = home.nsp;
  select(home, opts, (id) => {
    const socket = sockets.get(id);
    if (socket) visit(socket, id);
  });
}

/** Sends a packet to some sockets of this server. */
export function deliverTo(
  nsp: AdapterNamespace,
  ids: Iterable<SocketId>,
  packet: AdapterPacket,
  flags: BroadcastFlags | undefined,
  wire: AdapterPacket = packet,
): void {
  const delivery = new Delivery(nsp, packet, flags, wire);
  for (const id of ids) {
    const socket = nsp.sockets.get(id);
    if (socket) delivery.to(socket);
  }
}

/** Sends a packet to every selected socket of this server. */
export function deliver(
  home: DeliveryHome,
  packet: AdapterPacket,
  opts: BroadcastOptions,
  wire: AdapterPacket = packet,
): void {
  const delivery = new Delivery(home.nsp, packet, opts.flags, wire);
  visitSockets(home, opts, (socket) => delivery.to(socket));
}
