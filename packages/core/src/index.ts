/** What both ends share. */
export { type Clock, systemClock, type Timer } from "./clock.ts";
export { type Deadline, DeadlineQueue } from "./deadline-queue.ts";
export type {
  AckOf,
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  ParamsWithoutAck,
  RemoveAcknowledgements,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  TypedEventBroadcaster,
  Untyped,
} from "./event-map.ts";
