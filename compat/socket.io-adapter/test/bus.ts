/** A bus in this process, and an adapter over it, for any implementation of ClusterAdapterWithHeartbeat. */
import { EventEmitter } from "node:events";
import type * as official from "socket.io-adapter";

/** The class under test: the official one, or ours in its place. */
export type HeartbeatClass = typeof official.ClusterAdapterWithHeartbeat;

/** A bus that copies what it carries, and may fail. */
export class Bus extends EventEmitter {
  down = false;

  publish(channel: string, message: unknown): void {
    if (this.down) throw new Error("bus is down");
    const copy = structuredClone(message);
    setImmediate(() => this.emit(channel, copy));
  }
}

/** Makes the adapter factory of one server, as the packages that extend ClusterAdapter do. */
export function busAdapter(
  Base: HeartbeatClass,
  bus: Bus,
  options: official.ClusterAdapterOptions = {},
): typeof official.Adapter {
  class BusAdapter extends Base {
    constructor(nsp: unknown) {
      super(nsp, options);
      bus.on(`all#${this.nsp.name}`, this.hear);
      bus.on(`one#${this.uid}`, this.answer);
    }

    private readonly hear = (message: official.ClusterMessage): void => this.onMessage(message);
    private readonly answer = (response: official.ClusterResponse): void => this.onResponse(response);

    override close(): void {
      super.close();
      this.silence();
    }

    /** The end of a process that says no goodbye. */
    silence(): void {
      bus.off(`all#${this.nsp.name}`, this.hear);
      bus.off(`one#${this.uid}`, this.answer);
    }

    protected async doPublish(message: official.ClusterMessage): Promise<string> {
      bus.publish(`all#${this.nsp.name}`, message);
      return "";
    }

    protected async doPublishResponse(uid: string, response: official.ClusterResponse): Promise<void> {
      bus.publish(`one#${uid}`, response);
    }
  }
  return BusAdapter as unknown as typeof official.Adapter;
}
