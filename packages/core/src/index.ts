/** What both ends share. */
export { type Clock, systemClock, type Timer } from "./clock.ts";
export { type Deadline, DeadlineQueue } from "./deadline-queue.ts";
