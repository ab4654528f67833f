/** Servers on a memory bus under a clock that the test turns. */
import type { AdapterPacket, BroadcastOptions } from "@sockeye/adapter";
import { FakeNamespace } from "@sockeye/adapter/testing";
import { type ClusterAdapter, type ClusterOptions, cluster } from "@sockeye/cluster";
import { type MemoryBus, MemoryHub } from "@sockeye/cluster/testing";
import { FakeClock } from "@sockeye/core/testing";

/** One server and its connection. */
export interface Member {
  nsp: FakeNamespace;
  adapter: ClusterAdapter;
  bus: MemoryBus;
}

/** A cluster in this process; signs of life every 1,000 ms, silence for 4,000 ms is the end. */
export class TestCluster {
  readonly clock: FakeClock = new FakeClock();
  readonly hub: MemoryHub = new MemoryHub();

  async join(options: ClusterOptions = {}, name = "/"): Promise<Member> {
    const bus = this.hub.connect();
    const nsp = new FakeNamespace(name);
    const adapter = cluster(bus, { clock: this.clock, ...options })(nsp);
    nsp.adapter = adapter;
    await adapter.init();
    await settle();
    return { nsp, adapter, bus };
  }
}

/** Lets all that is under way arrive: each hop takes a turn or two of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Holds up who waits for it. */
export class Gate {
  open = (): void => {};
  readonly opened: Promise<void> = new Promise((resolve) => {
    this.open = resolve;
  });
}

export const event = (...data: unknown[]): AdapterPacket => ({ type: 2, data });

export const to = (rooms: string[] = [], flags = {}): BroadcastOptions => ({
  rooms: new Set(rooms),
  except: new Set(),
  flags,
});
