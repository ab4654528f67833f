/** A namespace without a server: sockets that write down what they are sent. */
import type {
  AckCallback,
  AdapterNamespace,
  AdapterPacket,
  AdapterSocket,
  EncodedPacket,
  Room,
  SocketId,
  WriteOptions,
} from "../contract.ts";

/** The part of an adapter that a socket calls. */
export interface RoomKeeper {
  sids: Map<SocketId, Set<Room>>;
  addAll(id: SocketId, rooms: Set<Room>): unknown;
  del(id: SocketId, room: Room): unknown;
  delAll(id: SocketId): unknown;
}

/** A socket that remembers each packet it was sent, and how. */
export class FakeSocket implements AdapterSocket {
  readonly id: SocketId;
  readonly acks: Map<number, AckCallback> = new Map();
  readonly handshake: unknown = { address: "127.0.0.1" };
  readonly packets: AdapterPacket[] = [];
  readonly writes: WriteOptions[] = [];
  readonly outgoing: AdapterPacket[] = [];
  data: unknown = {};
  readonly #nsp: FakeNamespace;
  #arrived: (packet: AdapterPacket) => void = () => {};

  constructor(nsp: FakeNamespace, id: SocketId) {
    this.#nsp = nsp;
    this.id = id;
  }

  get client(): { writeToEngine(encoded: EncodedPacket, options: WriteOptions): void } {
    return {
      writeToEngine: (encoded, options) => {
        const packet = JSON.parse(encoded[0] as string) as AdapterPacket;
        this.packets.push(packet);
        this.writes.push(options);
        this.#arrived(packet);
      },
    };
  }

  /** What arrived: `[event, ...args]` of each packet. */
  get received(): unknown[] {
    return this.packets.map((packet) => packet.data);
  }

  /** The packet that carries this event, when it comes or if it has come already. */
  async heard(event: string): Promise<AdapterPacket> {
    const isIt = ({ data }: AdapterPacket): boolean => (data as unknown[])[0] === event;
    let found = this.packets.find(isIt);
    while (!found) {
      await new Promise((resolve) => {
        this.#arrived = resolve;
      });
      found = this.packets.find(isIt);
    }
    return found;
  }

  get rooms(): Set<Room> {
    return this.#nsp.adapter.sids.get(this.id) ?? new Set();
  }

  join(rooms: Room | Room[]): void {
    this.#nsp.adapter.addAll(this.id, new Set(typeof rooms === "string" ? [rooms] : rooms));
  }

  leave(room: Room): void {
    this.#nsp.adapter.del(this.id, room);
  }

  disconnect(): void {
    this.#nsp.sockets.delete(this.id);
    this.#nsp.adapter.delAll(this.id);
  }

  notifyOutgoingListeners(packet: AdapterPacket): void {
    this.outgoing.push(packet);
  }

  /** Answers a packet that asked for an acknowledgement, as a client does. */
  answer(...args: unknown[]): void {
    const id = this.packets.at(-1)?.id ?? -1;
    const ack = this.acks.get(id);
    this.acks.delete(id);
    ack?.(...args);
  }
}

/** A namespace that keeps a count of encodings. */
export class FakeNamespace implements AdapterNamespace {
  readonly name: string;
  readonly sockets: Map<SocketId, FakeSocket> = new Map();
  readonly serverSideEvents: unknown[][] = [];
  adapter: RoomKeeper = { sids: new Map(), addAll() {}, del() {}, delAll() {} };
  encodings = 0;
  _ids = 0;
  readonly server: AdapterNamespace["server"] & { opts: unknown };

  constructor(name = "/", opts: unknown = {}) {
    this.name = name;
    const encode = (packet: AdapterPacket): EncodedPacket => {
      this.encodings++;
      return [JSON.stringify(packet)];
    };
    this.server = { encoder: { encode }, opts };
  }

  /** A connected socket, in its own room and the given ones. */
  connect(id: SocketId, rooms: Room[] = []): FakeSocket {
    const socket = new FakeSocket(this, id);
    this.sockets.set(id, socket);
    socket.join([id, ...rooms]);
    return socket;
  }

  _onServerSideEmit(args: unknown[]): void {
    this.serverSideEvents.push(args);
  }
}
