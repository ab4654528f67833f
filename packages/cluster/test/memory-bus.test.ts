/** The bus in memory is a bus, and a cluster runs on it. */
import { type BusRig, describeBus, describeCluster, MemoryHub } from "@sockeye/cluster/testing";
import { describe, test } from "vitest";

async function open(roomTopics?: number): Promise<BusRig> {
  const hub = new MemoryHub(roomTopics);
  return {
    connect: async () => hub.connect(),
    close: async () => {},
    interrupt: async () => {
      for (const bus of hub.buses) bus.cut();
      return async () => {
        for (const bus of hub.buses) bus.mend();
      };
    },
  };
}

describeBus({ describe, test }, "memory bus", () => open());
describeCluster({ describe, test }, "cluster on the memory bus", () => open());
