/** Adapters written against Socket.IO's types compile against ours. */
import {
  Adapter,
  type BroadcastOptions,
  type ClusterAdapterOptions,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
  type Session,
} from "@sockeye/compat-socket.io-adapter";

export class Plain extends Adapter {
  override broadcast(packet: { type: number; data?: unknown }, opts: BroadcastOptions): void {
    for (const [id] of this.nsp.sockets) this.nsp.sockets.get(id).emit("about to broadcast");
    this.nsp.server.of("/other");
    super.broadcast(packet, opts);
  }

  override restoreSession(pid: string, offset: string): Promise<Session> {
    return super.restoreSession(pid, offset);
  }
}

export class Clustered extends ClusterAdapterWithHeartbeat {
  constructor(nsp: unknown, options: ClusterAdapterOptions) {
    super(nsp, options);
    this.publish({ type: MessageType.HEARTBEAT });
  }

  protected doPublish(message: ClusterMessage): Promise<string> {
    const isBroadcast: boolean = message.type === MessageType.BROADCAST;
    const type: MessageType.BROADCAST | MessageType = message.type;
    return Promise.resolve(`${type} ${isBroadcast} ${this.uid}`);
  }

  protected doPublishResponse(requesterUid: string, response: ClusterResponse): Promise<void> {
    if (requesterUid === this.uid) this.onResponse(response);
    // @ts-expect-error there is no such message
    this.publish({ type: MessageType.FETCH_SOCKETS_RESPONSE });
    return Promise.resolve();
  }
}
