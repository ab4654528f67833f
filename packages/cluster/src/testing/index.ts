/** For the tests of buses: the suites that all of them pass, and a bus, a log and a store in memory. */

export { nextState, whenUp } from "./bus-state.ts";
export { type BusRig, describeBus, type Runner } from "./bus-suite.ts";
export { describeCluster } from "./cluster-suite.ts";
export { freePort } from "./free-port.ts";
export { describeLog, type LogRig } from "./log-suite.ts";
export { MemoryBus, MemoryHub } from "./memory-bus.ts";
export { type MemoryDurableBus, MemoryEngine, type MemoryLog } from "./memory-log.ts";
export { NginxProcess, nginxInstalled } from "./nginx.ts";
export { endWithUs, Program, type ProgramOptions } from "./program.ts";
