/** One client, under the sockets of its namespaces: takes messages apart and brings each packet to its socket. */
import type { IncomingMessage } from "node:http";
import { parse } from "node:querystring";
import type { Deadline, DeadlineQueue, Untyped } from "@sockeye/core";
import {
  type Codec,
  type DecoderOptions,
  isPacketValid,
  type Packet,
  type PacketDecoder,
  PacketType,
  ProtocolError,
} from "@sockeye/protocol";
import type { Client } from "../api/server.ts";
import type { MessageConsumer } from "../engine/consumer.ts";
import { PayloadTooLargeError } from "../engine/payload-limit.ts";
import type { Socket as EngineSocket } from "../engine/socket.ts";
import { Outgoing, type OutgoingHome } from "./outgoing.ts";
import { type RoutedSocket, Routes } from "./routes.ts";

/** What a connection needs of a namespace. */
export interface AdmittingNamespace {
  /** Ends with `connection.attach`, `connection.refuse` or, when the connection closed meanwhile, nothing. */
  admit(connection: Connection, auth: Record<string, Untyped> | undefined): void;
}

/** What a connection needs of the server. */
export interface ConnectionHome extends OutgoingHome {
  readonly codec: Codec;
  /** Whether the codec was written by others: it may be late with its packets, and wrong. */
  readonly customParser: boolean;
  readonly decoderOptions: DecoderOptions;
  readonly maxPayload: number;
  readonly maxNamespaces: number;
  /** Whether nobody is let in any longer. */
  readonly closed: boolean;
  /** Connections that are in no namespace. */
  readonly connectDeadlines: DeadlineQueue<Connection>;
  /** Connections that owe an attachment. */
  readonly attachmentDeadlines: DeadlineQueue<Connection>;
  findNamespace(
    name: string,
    auth: Record<string, Untyped> | undefined,
    done: (namespace: AdmittingNamespace | undefined) => void,
  ): void;
  onPayloadTooLarge(client: Connection, limit: number, size: number | undefined): void;
}

const NO_FLAGS = {};
const EIO3 = 3;

/** A client that a namespace has not let in yet. */
interface Abandonable {
  abandon(): void;
}

export class Connection extends Outgoing implements MessageConsumer, Client, Deadline {
  deadline = 0;
  previousDeadline: Deadline | undefined;
  nextDeadline: Deadline | undefined;
  protected readonly home: ConnectionHome;
  readonly #decoder: PacketDecoder;
  readonly #routes = new Routes();
  #admissions: Set<Abandonable> | undefined;
  #waitsIn: DeadlineQueue<Connection> | undefined;
  #state: "new" | "greeted" | "closed" = "new";

  constructor(home: ConnectionHome, conn: EngineSocket) {
    super(conn);
    this.home = home;
    this.#decoder = home.codec.decoder(this.#decoderOptions());
    this.port.consumer = this;
    this.#wait(home.connectDeadlines);
    // Socket.IO v2: the client is in the default namespace without asking.
    if (this.isEIO3) this.#connect("/", undefined);
  }

  // One object for all connections, but for parsers that may call back late.
  #decoderOptions(): DecoderOptions {
    const { decoderOptions, customParser } = this.home;
    const keepQuery = this.isEIO3;
    if (!customParser) return keepQuery ? { ...decoderOptions, keepQuery } : decoderOptions;
    return { ...decoderOptions, keepQuery, onLate: (packet) => this.#onCustomPacket(packet) };
  }

  get id(): string {
    return this.conn.id;
  }

  get request(): IncomingMessage {
    return this.conn.request;
  }

  get open(): boolean {
    return this.#state !== "closed" && this.port.readyState === "open";
  }

  /** Whether the client speaks the protocols of Socket.IO v2. */
  get isEIO3(): boolean {
    return this.conn.protocol === EIO3;
  }

  // --- what the engine tells ---

  onMessage(data: string | Buffer): void {
    if (this.#state === "closed") return;
    let packet: Packet | undefined;
    try {
      packet = this.#decoder.push(data);
    } catch (error) {
      this.#onProtocolError(error);
      return;
    }
    if (packet) this.#onDecoded(packet);
    else if (this.#decoder.awaiting) this.#onIncomplete();
  }

  onClose(reason: string, description?: unknown): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.port.consumer = undefined;
    this.#wait(undefined);
    this.#decoder.reset();
    this.endOutgoing();
    const sockets = this.#routes.sockets();
    this.#routes.clear();
    if (description instanceof PayloadTooLargeError) {
      this.home.onPayloadTooLarge(this, description.limit, description.size);
    }
    for (const socket of sockets) socket.onConnectionClose(reason, description);
    for (const admission of this.#admissions ?? []) admission.abandon();
  }

  /** A deadline is over: no namespace was joined, or an attachment did not come. */
  onDeadline(): void {
    this.#waitsIn = undefined;
    if (this.#decoder.awaiting)
      this.#onProtocolError(new Error("an announced attachment did not come in time"));
    else this.#close("forced server close");
  }

  #onProtocolError(error: unknown): void {
    if (error instanceof ProtocolError && error.code === "ERR_TOO_LARGE") {
      this.#close("parse error", new PayloadTooLargeError(this.home.maxPayload, error.size, error));
    } else this.#close("parse error", error);
  }

  // --- the way up ---

  #onDecoded(packet: Packet): void {
    if (this.home.customParser) this.#onCustomPacket(packet);
    else this.#onPacket(packet);
  }

  #onCustomPacket(packet: Packet): void {
    const plain = withPlainType(packet);
    if (isPacketValid(plain)) this.#onPacket(plain);
    else this.#onProtocolError(new Error("the parser's packet is not valid"));
  }

  #onIncomplete(): void {
    // Attachments are for those who are in a namespace; nobody else gets to fill our memory.
    if (this.home.customParser) return;
    if (this.#routes.sockets().length > 0) this.#wait(this.home.attachmentDeadlines);
    else this.#close("parse error", new Error("expected a CONNECT packet first"));
  }

  #onPacket(packet: Packet): void {
    if (this.#waitsIn === this.home.attachmentDeadlines) this.#wait(undefined);
    const route = this.#routes.get(packet.nsp);
    if (typeof route === "object") this.#onRouted(route, packet);
    else if (packet.type === PacketType.CONNECT) this.#onConnect(packet);
    // Once a socket is disconnected by the server, its last packets may still be on their way.
    else if (route || this.#state === "new") this.#refuseState(packet);
  }

  #onRouted(socket: RoutedSocket, packet: Packet): void {
    if (packet.type === PacketType.CONNECT_ERROR) this.#refuseState(packet);
    // Clients whose application calls connect() twice ask twice; they have been answered.
    else if (packet.type !== PacketType.CONNECT) socket.onPacket(packet);
  }

  #refuseState(packet: Packet): void {
    this.#close("parse error", new Error(`a packet of type ${packet.type} was not expected now`));
  }

  #onConnect(packet: Packet): void {
    if (!this.isEIO3) {
      this.#connect(packet.nsp, packet.data as Record<string, Untyped> | undefined);
      return;
    }
    // Socket.IO v2 authenticates by the query of the namespace.
    const [name = "/", query = ""] = packet.nsp.split("?", 2);
    this.#connect(name, parse(query));
  }

  #connect(name: string, auth: Record<string, Untyped> | undefined): void {
    if (this.#routes.get(name)) return;
    if (this.home.closed) {
      this.moveAway();
      return;
    }
    if (this.#routes.size >= this.home.maxNamespaces) {
      this.refuse(name, new Error("Too many namespaces"));
      return;
    }
    this.#routes.set(name, "pending");
    this.home.findNamespace(name, auth, (namespace) => {
      if (!this.open) return;
      if (namespace) namespace.admit(this, auth);
      else this.refuse(name, new Error("Invalid namespace"));
    });
  }

  hold(admission: Abandonable): void {
    this.#admissions ??= new Set();
    this.#admissions.add(admission);
  }

  release(admission: Abandonable): void {
    this.#admissions?.delete(admission);
  }

  /** A namespace has let this client in. */
  attach(name: string, socket: RoutedSocket): void {
    this.#state = "greeted";
    this.#routes.set(name, socket);
    if (this.#waitsIn === this.home.connectDeadlines) this.#wait(undefined);
  }

  /** A namespace has not let this client in (Socket.IO v5, "Connection to a namespace"). */
  refuse(name: string, error: Error & { data?: Untyped }): void {
    this.#routes.delete(name);
    const { message, data } = error;
    const details = this.isEIO3 ? (data ?? message) : data === undefined ? { message } : { message, data };
    this.send({ type: PacketType.CONNECT_ERROR, nsp: name, data: details }, NO_FLAGS);
  }

  /** A socket has left its namespace. */
  detach(name: string): void {
    this.#routes.delete(name);
    if (this.#routes.size === 0 && this.#state !== "closed") this.#wait(this.home.connectDeadlines);
  }

  #wait(queue: DeadlineQueue<Connection> | undefined): void {
    this.#waitsIn?.remove(this);
    this.#waitsIn = queue;
    queue?.renew(this);
  }

  // --- closing ---

  /** Disconnects the sockets of all namespaces, and closes the connection when that has been said. */
  disconnectAll(): void {
    for (const socket of this.#routes.sockets()) socket.disconnect();
    this.#close("forced server close");
  }

  /** The server goes; the client is to continue elsewhere. */
  moveAway(): void {
    if (this.#state !== "closed") this.#close("server shutting down");
  }

  /** Another connection of the same client takes over: this one is dead, only nobody has noticed. */
  abandon(): void {
    this.onClose("transport close");
    this.port.close(true);
  }

  protected abort(): void {
    this.onClose("forced server close");
    this.port.close(true);
  }

  #close(reason: string, description?: unknown): void {
    this.releaseAll();
    this.port.consumer = undefined;
    this.port.close();
    this.onClose(reason, description);
  }
}

/** Other parsers tell binary packets apart. */
function withPlainType(packet: Packet): Packet {
  switch (packet.type) {
    case PacketType.BINARY_EVENT:
      return { ...packet, type: PacketType.EVENT };
    case PacketType.BINARY_ACK:
      return { ...packet, type: PacketType.ACK };
    default:
      return packet;
  }
}
