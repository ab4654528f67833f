/** Event types, in both directions: what must compile does, what must not does not. */
import type {
  AckOf,
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  Last,
  ParamsWithoutAck,
  ReservedOrUserListener,
} from "@sockeye/core";
import { expectTypeOf, test } from "vitest";

interface Events {
  bare: () => void;
  word: (text: string) => void;
  ask: (question: string, answer: (value: number) => void) => void;
  ping: (done: () => void) => void;
  maybe: (text: string, done?: (ok: boolean) => void) => void;
  pair: (done: (a: number, b: string) => void) => void;
  failing: (done: (err: Error, value: string) => void) => void;
  loose: (value: any) => void;
  looseAck: (done: (value: any) => void) => void;
}

test("names are sorted by whether they can or must be acknowledged", () => {
  expectTypeOf<EventNamesWithAck<Events>>().toEqualTypeOf<
    "ask" | "ping" | "maybe" | "pair" | "failing" | "loose" | "looseAck"
  >();
  expectTypeOf<EventNamesWithoutAck<Events>>().toEqualTypeOf<"bare" | "word" | "maybe" | "loose">();
  expectTypeOf<EventNamesWithAck<DefaultEventsMap>>().toEqualTypeOf<string>();
  expectTypeOf<EventNamesWithoutAck<DefaultEventsMap>>().toEqualTypeOf<string>();
  expectTypeOf<EventNames<{ a: () => void; 1: () => void }>>().toEqualTypeOf<"a">();
});

test("the last element may be missing, optional or of no tuple at all", () => {
  expectTypeOf<Last<[]>>().toEqualTypeOf<never>();
  expectTypeOf<Last<[a: string, b?: number]>>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Last<string[]>>().toEqualTypeOf<string>();
  expectTypeOf<AllButLast<[a: string, b: number]>>().toEqualTypeOf<[a: string]>();
  expectTypeOf<AllButLast<[a: string, b?: number]>>().toEqualTypeOf<[string]>();
  expectTypeOf<AllButLast<[a?: string, b?: number]>>().toEqualTypeOf<[string?]>();
  expectTypeOf<AllButLast<any[]>>().toEqualTypeOf<any[]>();
});

test("emitWithAck takes the arguments before the callback and resolves to its first argument", () => {
  expectTypeOf<ParamsWithoutAck<Events, "ask">>().toEqualTypeOf<[question: string]>();
  expectTypeOf<ParamsWithoutAck<Events, "ping">>().toEqualTypeOf<[]>();
  expectTypeOf<AckOf<Events, "ask">>().toEqualTypeOf<number>();
  expectTypeOf<AckOf<Events, "ping">>().toEqualTypeOf<undefined>();
  expectTypeOf<AckOf<Events, "maybe">>().toEqualTypeOf<boolean>();
  expectTypeOf<AckOf<Events, "failing">>().toEqualTypeOf<string>();
  expectTypeOf<AckOf<DefaultEventsMap, "any">>().toBeAny();
});

test("after timeout() the callback takes an error first, once", () => {
  type Once = DecorateAcknowledgements<Events>;
  type Twice = DecorateAcknowledgements<Once>;
  expectTypeOf<Parameters<Last<EventParams<Once, "ask">>>>().toEqualTypeOf<
    [err: Error | null, value: number]
  >();
  expectTypeOf<Parameters<Last<EventParams<Twice, "ask">>>>().toEqualTypeOf<
    [err: Error | null, value: number]
  >();
  expectTypeOf<Parameters<Last<EventParams<Once, "ping">>>>().toEqualTypeOf<[err: Error | null]>();
  expectTypeOf<Parameters<Last<EventParams<Once, "failing">>>>().toEqualTypeOf<[err: Error, value: string]>();
  expectTypeOf<Parameters<Last<EventParams<Once, "looseAck">>>>().toEqualTypeOf<
    [err: Error | null, value: any]
  >();
  expectTypeOf<EventParams<Once, "bare">>().toEqualTypeOf<[]>();
  expectTypeOf<AckOf<Once, "ask">>().toEqualTypeOf<number>();
  expectTypeOf<AckOf<Once, "ping">>().toEqualTypeOf<undefined>();
});

test("a broadcast is answered by an error and one answer per receiver", () => {
  type Many = DecorateAcknowledgementsWithMultipleResponses<Events>;
  expectTypeOf<Parameters<Last<EventParams<Many, "ask">>>>().toEqualTypeOf<
    [err: Error | null, value: number[]]
  >();
  expectTypeOf<Parameters<Last<EventParams<Many, "pair">>>>().toEqualTypeOf<
    [err: Error | null, a: number[]]
  >();
  expectTypeOf<Parameters<Last<EventParams<Many, "failing">>>>().toEqualTypeOf<
    [err: Error | null, value: string[]]
  >();
  expectTypeOf<AckOf<Many, "ask">>().toEqualTypeOf<number[]>();
  expectTypeOf<AckOf<Many, "ping">>().toEqualTypeOf<undefined[]>();
  expectTypeOf<AckOf<DecorateAcknowledgements<Many>, "ask">>().toEqualTypeOf<number[]>();
});

test("a callback annotated as in Socket.IO's own typings is accepted, a wrong one is not", () => {
  const emit = <Ev extends EventNames<DecorateAcknowledgements<Events>>>(
    _ev: Ev,
    ..._args: EventParams<DecorateAcknowledgements<Events>, Ev>
  ): void => {};
  emit("ask", "?", (err, value) => {
    expectTypeOf(err).toEqualTypeOf<Error | null>();
    expectTypeOf(value).toEqualTypeOf<number>();
  });
  emit("ask", "?", (_err: Error, _value: number) => {});
  emit("ping", () => {});
  // @ts-expect-error the answer is a number
  emit("ask", "?", (_err: Error, _value: string) => {});
  // @ts-expect-error the question is missing
  emit("ask", () => {});
});

test("a reserved listener wins over the application's, and an unknown map falls back to untyped", () => {
  interface Reserved {
    word: (reason: Error) => void;
  }
  expectTypeOf<ReservedOrUserListener<Reserved, Events, "word">>().toEqualTypeOf<Reserved["word"]>();
  expectTypeOf<ReservedOrUserListener<Reserved, Events, "bare">>().toEqualTypeOf<Events["bare"]>();
});
