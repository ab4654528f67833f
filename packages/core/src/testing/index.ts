/** Stand-ins for tests of what takes a clock. */
export { FakeClock } from "./fake-clock.ts";
