/** For the tests of adapters: the suite that all of them pass, and a namespace to run them on. */
export { type AdapterContract, describeAdapter, type Runner } from "./adapter-suite.ts";
export { FakeNamespace, FakeSocket, type RoomKeeper } from "./fake-namespace.ts";
