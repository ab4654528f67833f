/** Stand-ins for tests of what takes a clock, or chance. */
export { Chance } from "./chance.ts";
export { FakeClock } from "./fake-clock.ts";
