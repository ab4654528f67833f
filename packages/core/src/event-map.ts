/** The types of events: which names exist, what they carry, and what an acknowledgement looks like to its sender. */

/**
 * A value whose type only the application knows: event arguments without an events map, `data` without a type.
 * This is the one place where `any` is spelled out.
 */
export type Untyped = any;

/** Any function, of any arity. */
type Callback = (...args: Untyped[]) => unknown;

/** Maps event names to the type of their listener. */
export interface EventsMap {
  [event: string]: Untyped;
}

/** The events map in use when none is given: every name, with anything. */
export interface DefaultEventsMap {
  [event: string]: (...args: Untyped[]) => void;
}

/** The names in an events map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of an event, its acknowledgement callback included. */
export type EventParams<Map extends EventsMap, Ev extends EventNames<Map>> = Parameters<Map[Ev]>;

type IsAny<T> = 0 extends 1 & T ? true : false;

/** The type of a tuple's last element; `never` when it is empty. */
export type Last<T extends readonly unknown[]> = T extends readonly []
  ? never
  : T extends readonly [...unknown[], infer L]
    ? L
    : number extends T["length"]
      ? T[number]
      : Required<T> extends readonly [...unknown[], infer L]
        ? L | undefined
        : never;

/** A tuple without its last element; of an array that is no tuple, anything may be left. */
export type AllButLast<T extends Untyped[]> = T extends [...infer Head, infer _]
  ? Head
  : number extends T["length"]
    ? Untyped[]
    : AllButOptionalLast<T, []>;

// Optional elements defeat inference from the end, so that the head is gathered from the front.
type AllButOptionalLast<T extends Untyped[], Head extends Untyped[]> = number extends T["length"]
  ? Head
  : T extends [infer First, ...infer Rest]
    ? AllButOptionalLast<Rest, [...Head, First]>
    : T extends [(infer First)?, ...infer Rest]
      ? Rest extends []
        ? Head
        : AllButOptionalLast<Rest, [...Head, First?]>
      : Head;

/** `true` when the last argument is, or may be, an acknowledgement callback. */
type MayAcknowledge<Listener> =
  IsAny<Listener> extends true
    ? true
    : Listener extends (...args: infer Params) => unknown
      ? IsAny<Last<Params>> extends true
        ? true
        : [Last<Params>] extends [never]
          ? false
          : [Exclude<Last<Params>, undefined>] extends [never]
            ? false
            : Exclude<Last<Params>, undefined> extends Callback
              ? true
              : false
      : false;

/** `true` when the event cannot be emitted without an acknowledgement callback. */
type MustAcknowledge<Listener> =
  IsAny<Listener> extends true
    ? false
    : Listener extends (...args: infer Params) => unknown
      ? IsAny<Last<Params>> extends true
        ? false
        : [Last<Params>] extends [never]
          ? false
          : Last<Params> extends Callback
            ? true
            : false
      : false;

/** The names of the events that take an acknowledgement callback as their last argument. */
export type EventNamesWithAck<Map extends EventsMap, K extends EventNames<Map> = EventNames<Map>> = {
  [Name in K]: MayAcknowledge<Map[Name]> extends true ? Name : never;
}[K];

/** The names of the events that can be emitted without an acknowledgement callback. */
export type EventNamesWithoutAck<Map extends EventsMap, K extends EventNames<Map> = EventNames<Map>> = {
  [Name in K]: MustAcknowledge<Map[Name]> extends true ? never : Name;
}[K];

/** The events that can be emitted without an acknowledgement callback. */
export type RemoveAcknowledgements<Map extends EventsMap> = {
  [K in EventNamesWithoutAck<Map>]: Map[K];
};

type StartsWithError<Params extends Untyped[]> = Params extends []
  ? false
  : IsAny<Params[0]> extends true
    ? false
    : [NonNullable<Params[0]>] extends [never]
      ? false
      : NonNullable<Params[0]> extends Error
        ? true
        : false;

/**
 * What an acknowledgement resolves to: the first argument that is not the error; `undefined` for one without
 * arguments.
 */
export type FirstNonErrorArg<Ack> =
  IsAny<Ack> extends true
    ? Untyped
    : NonNullable<Ack> extends (...args: infer Params) => unknown
      ? StartsWithError<Params> extends true
        ? Params[1]
        : Params[0]
      : Untyped;

/**
 * A callback whose first argument is the error, `null` on success. It is written as a method, whose parameters
 * TypeScript compares in both directions, so that a callback annotated `(err: Error, ...)` as in Socket.IO's
 * own typings is accepted too.
 */
type ErrorFirst<Params extends Untyped[], Result> = {
  callback(err: Error | null, ...args: Params): Result;
}["callback"];

type WithoutError<Params extends Untyped[]> =
  StartsWithError<Params> extends true ? (Params extends [Untyped, ...infer Rest] ? Rest : []) : Params;

/** One answer per receiver: `(value: T)` becomes `(values: T[])`. */
type Gathered<Params extends Untyped[]> = Params extends []
  ? [responses: undefined[]]
  : Params extends [infer First, ...infer Rest]
    ? Params extends [...infer Labelled, ...Rest]
      ? { [K in keyof Labelled]: First[] }
      : [responses: First[]]
    : [responses: Params[0][]];

/** Adds the error to one argument of an event, if the argument is an acknowledgement callback. */
type AckWithError<Arg> =
  IsAny<Arg> extends true
    ? Arg
    : Arg extends (...args: infer Params) => infer Result
      ? StartsWithError<Params> extends true
        ? Arg
        : ErrorFirst<Params, Result>
      : Arg;

type AckWithResponses<Arg> =
  IsAny<Arg> extends true
    ? Arg
    : Arg extends (...args: infer Params) => infer Result
      ? ErrorFirst<Gathered<WithoutError<Params>>, Result>
      : Arg;

type ArgsWithError<Params extends Untyped[]> = { [K in keyof Params]: AckWithError<Params[K]> };
type ArgsWithResponses<Params extends Untyped[]> = { [K in keyof Params]: AckWithResponses<Params[K]> };

/**
 * Events as they are sent after `timeout()`: the acknowledgement callback takes an error first.
 *
 * @example
 * interface Events {
 *   save: (doc: string, done: (revision: number) => void) => void;
 * }
 * socket.timeout(1000).emit("save", "...", (err, revision) => {});
 */
export type DecorateAcknowledgements<Map> = {
  [K in keyof Map]: Map[K] extends (...args: infer Params) => infer Result
    ? (...args: ArgsWithError<Params>) => Result
    : Map[K];
};

/**
 * Events as they are broadcast: the acknowledgement callback takes an error (some receivers did not answer in
 * time), then one answer per receiver.
 */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [K in keyof Map]: Map[K] extends (...args: infer Params) => infer Result
    ? (...args: ArgsWithResponses<Params>) => Result
    : Map[K];
};

/** Events as they are sent to the other servers of a cluster: the same as to many clients. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> =
  DecorateAcknowledgementsWithMultipleResponses<Map>;

/** The arguments of `emitWithAck`: those of the event without the acknowledgement callback. */
export type ParamsWithoutAck<Map extends EventsMap, Ev extends EventNames<Map>> = AllButLast<
  EventParams<Map, Ev>
>;

/** What `emitWithAck` resolves to. */
export type AckOf<Map extends EventsMap, Ev extends EventNames<Map>> = FirstNonErrorArg<
  Last<EventParams<Map, Ev>>
>;

/** The event names of either map. */
export type ReservedOrUserEventNames<Reserved extends EventsMap, User extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<User>;

/** The listener of an event of either map; the reserved one wins. */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Ev extends ReservedOrUserEventNames<Reserved, User>,
> = UntypedIfNever<
  Ev extends EventNames<Reserved> ? Reserved[Ev] : Ev extends EventNames<User> ? User[Ev] : never
>;

// An unresolved generic map yields never, with which no listener could be registered at all.
type UntypedIfNever<T> = [T] extends [never] ? (...args: Untyped[]) => void | Promise<void> : T;

/** What emits typed events without being an emitter. */
export interface TypedEventBroadcaster<Emit extends EventsMap> {
  emit<Ev extends EventNames<Emit>>(ev: Ev, ...args: EventParams<Emit, Ev>): boolean;
}
