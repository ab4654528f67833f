/** For the tests of buses: the suites that all of them pass, and a bus in memory. */
export { type BusRig, describeBus, type Runner } from "./bus-suite.ts";
export { describeCluster } from "./cluster-suite.ts";
export { MemoryBus, MemoryHub } from "./memory-bus.ts";
