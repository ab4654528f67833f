/** The base of adapters that reach other servers by messages: the contract of socket.io-adapter 2.5. */
import { randomBytes } from "node:crypto";
import type { AckCallback, AdapterPacket, BroadcastOptions, Room, SocketDetails } from "@sockeye/adapter";
import { type Clock, systemClock, type Untyped } from "@sockeye/core";
import { Adapter } from "./adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type MessageBody,
  MessageType,
  type Offset,
  packOptions,
  type ResponseBody,
  type ServerId,
  unpackOptions,
} from "./cluster-message.ts";
import { type Audience, type Gathered, Gathering } from "./gathering.ts";

const DEFAULT_TIMEOUT = 5_000;
const EVENT = 2;

interface AckRequest {
  clientCount(count: number): void;
  ack: AckCallback;
}

/**
 * An adapter for several servers. A subclass
 * - MUST implement `doPublish` and `doPublishResponse`,
 * - MUST call `onMessage` and `onResponse` with what arrives,
 * - MUST tell how many servers there are (`serverCount`).
 *
 * What could not be published is emitted as `publish_error`; the sockets of this server are served all the same.
 */
export abstract class ClusterAdapter extends Adapter {
  protected readonly uid: ServerId = randomBytes(8).toString("hex");
  protected readonly clock: Clock;
  readonly #gatherings = new Map<string, Gathering>();
  readonly #ackRequests = new Map<string, AckRequest>();

  protected constructor(nsp: Untyped, clock: Clock = systemClock) {
    super(nsp);
    this.clock = clock;
  }

  /** Sends a message to the other servers; resolves to its offset where the bus has such. */
  protected abstract doPublish(message: ClusterMessage): Promise<Offset>;

  /** Sends an answer to one server. */
  protected abstract doPublishResponse(requesterUid: ServerId, response: ClusterResponse): Promise<void>;

  /**
   * To be called with each message that arrives; this server's own are ignored. Answers are taken too, because
   * redis-streams-adapter hands everything that it hears to this method.
   */
  protected onMessage(message: ClusterMessage | ClusterResponse, offset?: string): void {
    if (message.uid === this.uid) return;
    switch (message.type) {
      case MessageType.BROADCAST:
        this.#onBroadcast(message.uid, message.data, offset);
        break;
      case MessageType.SOCKETS_JOIN:
        void super.addSockets(unpackOptions(message.data.opts), message.data.rooms);
        break;
      case MessageType.SOCKETS_LEAVE:
        void super.delSockets(unpackOptions(message.data.opts), message.data.rooms);
        break;
      case MessageType.DISCONNECT_SOCKETS:
        void super.disconnectSockets(unpackOptions(message.data.opts), message.data.close ?? false);
        break;
      case MessageType.FETCH_SOCKETS:
        void this.#onFetch(message.uid, message.data.requestId, unpackOptions(message.data.opts));
        break;
      case MessageType.SERVER_SIDE_EMIT:
        this.#onServerSideEmit(message.uid, message.data);
        break;
      case MessageType.FETCH_SOCKETS_RESPONSE:
      case MessageType.SERVER_SIDE_EMIT_RESPONSE:
      case MessageType.BROADCAST_CLIENT_COUNT:
      case MessageType.BROADCAST_ACK:
        this.onResponse(message);
    }
  }

  /** To be called with each answer that arrives. */
  protected onResponse(response: ClusterResponse): void {
    const { requestId } = response.data;
    switch (response.type) {
      case MessageType.BROADCAST_CLIENT_COUNT:
        this.#ackRequests.get(requestId)?.clientCount(response.data.clientCount);
        break;
      case MessageType.BROADCAST_ACK:
        this.#ackRequests.get(requestId)?.ack(response.data.packet);
        break;
      case MessageType.FETCH_SOCKETS_RESPONSE:
        this.#gatherings.get(requestId)?.add(response.uid, response.data.sockets);
        break;
      case MessageType.SERVER_SIDE_EMIT_RESPONSE:
        this.#gatherings.get(requestId)?.add(response.uid, [response.data.packet]);
    }
  }

  override async broadcast(packet: AdapterPacket, opts: BroadcastOptions): Promise<void> {
    if (opts.flags?.local) return super.broadcast(packet, opts);
    const message = { type: MessageType.BROADCAST, data: { opts: packOptions(opts), packet } } as const;
    if (!this.#isReplayable(packet, opts)) {
      this.publish(message);
      return super.broadcast(packet, opts);
    }
    // The clients need the offset that the bus gives to the message.
    const offset = await this.publishAndReturnOffset(message).catch((error) => this.#failed(error));
    return super.broadcast(withOffset(packet, offset), opts);
  }

  override broadcastWithAck(
    packet: AdapterPacket,
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: AckCallback,
  ): void {
    if (!opts.flags?.local) {
      const requestId = newId();
      this.#ackRequests.set(requestId, { clientCount: clientCountCallback, ack });
      this.publish({ type: MessageType.BROADCAST, data: { opts: packOptions(opts), packet, requestId } });
      this.clock.setTimeout(
        () => this.#ackRequests.delete(requestId),
        opts.flags?.timeout ?? DEFAULT_TIMEOUT,
      );
    }
    super.broadcastWithAck(packet, opts, clientCountCallback, ack);
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> | void {
    this.#spread(opts, { type: MessageType.SOCKETS_JOIN, data: { opts: packOptions(opts), rooms } });
    return super.addSockets(opts, rooms);
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> | void {
    this.#spread(opts, { type: MessageType.SOCKETS_LEAVE, data: { opts: packOptions(opts), rooms } });
    return super.delSockets(opts, rooms);
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): Promise<void> | void {
    this.#spread(opts, { type: MessageType.DISCONNECT_SOCKETS, data: { opts: packOptions(opts), close } });
    return super.disconnectSockets(opts, close);
  }

  override async fetchSockets(opts: BroadcastOptions): Promise<SocketDetails[]> {
    const local = await super.fetchSockets(opts);
    const audience = opts.flags?.local ? 0 : await this.audience();
    if (sizeOf(audience) === 0) return local;
    const timeout = opts.flags?.timeout ?? DEFAULT_TIMEOUT;
    const ask = (requestId: string): void =>
      this.publish({ type: MessageType.FETCH_SOCKETS, data: { opts: packOptions(opts), requestId } });
    return new Promise((resolve, reject) => {
      this.#gather(audience, timeout, ask, (sockets, missing) => {
        if (missing > 0) reject(timeoutError(audience, missing));
        else resolve([...local, ...(sockets as SocketDetails[])]);
      });
    });
  }

  override async serverSideEmit(packet: unknown[]): Promise<void> {
    const ack = packet.at(-1);
    if (typeof ack !== "function") {
      this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { packet } });
      return;
    }
    const audience = await this.audience();
    if (sizeOf(audience) === 0) return void ack(null, []);
    const ask = (requestId: string): void =>
      this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { requestId, packet: packet.slice(0, -1) } });
    this.#gather(audience, DEFAULT_TIMEOUT, ask, (answers, missing) => {
      ack(missing > 0 ? timeoutError(audience, missing) : null, answers);
    });
  }

  /** Whose answers are awaited. */
  protected async audience(): Promise<Audience> {
    return Math.max(0, (await this.serverCount()) - 1);
  }

  /** Nobody waits any longer for this server. */
  protected forget(uid: ServerId): void {
    for (const gathering of this.#gatherings.values()) gathering.forget(uid);
  }

  protected publish(message: MessageBody): void {
    this.publishAndReturnOffset(message).catch((error) => this.#failed(error));
  }

  protected publishAndReturnOffset(message: MessageBody): Promise<Offset> {
    return call(() => this.doPublish({ ...message, uid: this.uid, nsp: this.nsp.name }));
  }

  protected publishResponse(requesterUid: ServerId, response: ResponseBody): void {
    const sent = { ...response, uid: this.uid, nsp: this.nsp.name };
    call(() => this.doPublishResponse(requesterUid, sent)).catch((error) => this.#failed(error));
  }

  #gather(audience: Audience, timeout: number, ask: (requestId: string) => void, done: Gathered): void {
    const requestId = newId();
    const gathering = new Gathering(audience, timeout, this.clock, (answers, missing) => {
      this.#gatherings.delete(requestId);
      done(answers, missing);
    });
    this.#gatherings.set(requestId, gathering);
    ask(requestId);
  }

  #spread(opts: BroadcastOptions, message: MessageBody): void {
    if (!opts.flags?.local) this.publish(message);
  }

  #onBroadcast(
    sender: ServerId,
    { opts, packet, requestId }: Extract<MessageBody, { type: 3 }>["data"],
    offset?: string,
  ): void {
    const options = unpackOptions(opts);
    if (requestId === undefined) {
      void super.broadcast(
        this.#isReplayable(packet, options) ? withOffset(packet, offset) : packet,
        options,
      );
      return;
    }
    const respond = (response: ResponseBody): void => this.publishResponse(sender, response);
    super.broadcastWithAck(
      packet,
      options,
      (clientCount) =>
        respond({ type: MessageType.BROADCAST_CLIENT_COUNT, data: { requestId, clientCount } }),
      (answer) => respond({ type: MessageType.BROADCAST_ACK, data: { requestId, packet: answer } }),
    );
  }

  async #onFetch(sender: ServerId, requestId: string, opts: BroadcastOptions): Promise<void> {
    const sockets = (await super.fetchSockets(opts)).map(portable);
    this.publishResponse(sender, { type: MessageType.FETCH_SOCKETS_RESPONSE, data: { requestId, sockets } });
  }

  #onServerSideEmit(
    sender: ServerId,
    { packet, requestId }: { packet: unknown[]; requestId?: string },
  ): void {
    if (requestId === undefined) {
      this.nsp._onServerSideEmit(packet);
      return;
    }
    let answered = false;
    const ack = (answer: unknown): void => {
      if (answered) return;
      answered = true;
      const data = { requestId, packet: answer };
      this.publishResponse(sender, { type: MessageType.SERVER_SIDE_EMIT_RESPONSE, data });
    };
    this.nsp._onServerSideEmit([...packet, ack]);
  }

  #isReplayable(packet: AdapterPacket, opts: BroadcastOptions): boolean {
    const options = this.nsp.server.opts as { connectionStateRecovery?: unknown } | undefined;
    return (
      Boolean(options?.connectionStateRecovery) &&
      packet.type === EVENT &&
      packet.id === undefined &&
      !opts.flags?.volatile
    );
  }

  #failed(error: unknown): undefined {
    this.emit("publish_error", error);
  }
}

function withOffset(packet: AdapterPacket, offset: string | undefined): AdapterPacket {
  return offset ? { ...packet, data: [...(packet.data as unknown[]), offset] } : packet;
}

/** What is told of a socket: only what a message can carry. */
function portable({ id, handshake, rooms, data }: SocketDetails): SocketDetails {
  // Session stores of web frameworks hang on the handshake, and are circular.
  const { sessionStore, ...rest } = handshake as { sessionStore?: unknown };
  return { id, handshake: rest, rooms: [...rooms], data };
}

function sizeOf(audience: Audience): number {
  return typeof audience === "number" ? audience : audience.size;
}

function timeoutError(audience: Audience, missing: number): Error {
  const expected = sizeOf(audience);
  return new Error(`timeout reached: only ${expected - missing} responses received out of ${expected}`);
}

function newId(): string {
  return randomBytes(8).toString("hex");
}

// A subclass may throw where it should reject.
async function call<Result>(task: () => Promise<Result>): Promise<Result> {
  return task();
}
