/** What both ends share. */
export {
  type AbortSignalLike,
  type AckCallback,
  AckLedger,
  type AckLimits,
  type Settle,
} from "./ack-ledger.ts";
export { type Clock, systemClock, type Timer } from "./clock.ts";
export { type Deadline, DeadlineQueue } from "./deadline-queue.ts";
export { AckError, type AckErrorCode } from "./errors.ts";
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
export { isThenable, type Middleware, type Next, type Outcome, runMiddlewares } from "./middleware.ts";
