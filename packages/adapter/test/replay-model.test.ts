/** Recovery against a model: random joins, leaves, events and drops, replayed exactly. */
import { SessionAwareAdapter } from "@sockeye/adapter";
import { FakeNamespace, type FakeSocket } from "@sockeye/adapter/testing";
import { FakeClock } from "@sockeye/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";

const room = fc.constantFrom("r1", "r2", "r3");
const rooms = fc.uniqueArray(room, { maxLength: 2 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("join" as const), room }),
  fc.record({ kind: fc.constant("leave" as const), room }),
  fc.record({ kind: fc.constant("say" as const), rooms, except: rooms }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

test("received before the drop, and replayed after it, is together what was sent, once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.array(step, { maxLength: 8 }),
      fc.array(step, { maxLength: 8 }),
      fc.boolean(),
      async (before, unnoticed, away, seesNothing) => {
        const clock = new FakeClock();
        const nsp = new FakeNamespace();
        const adapter = new SessionAwareAdapter(nsp, { clock, maxDisconnectionDuration: 400_000 });
        nsp.adapter = adapter;
        const client = nsp.connect("client");
        let count = 0;
        const play = (steps: Step[], socket: FakeSocket | undefined, pace = 1): void => {
          for (const each of steps) {
            if (each.kind === "join") socket?.join(each.room);
            else if (each.kind === "leave") socket?.leave(each.room);
            else if (each.kind === "wait") clock.advance(each.ms * pace);
            else {
              const opts = { rooms: new Set(each.rooms), except: new Set(each.except) };
              adapter.broadcast({ type: 2, data: [count++] }, opts);
            }
          }
        };
        const seen = seesNothing ? [] : before;
        play(seen, client);
        const received = [...client.received] as [number, string][];
        // A dead connection is noticed within the heartbeat.
        play(unnoticed, client, 0.2);
        // A witness stays in the same rooms: it gets what the client would have got.
        const lastRooms = [...client.rooms].filter((name) => name !== "client");
        const sent = client.received.slice(received.length) as [number, string][];
        adapter.persistSession({ sid: "client", pid: "pid", rooms: [...client.rooms], data: {} });
        client.disconnect();
        const witness = nsp.connect("witness", lastRooms);
        play(away, undefined);
        const session = await adapter.restoreSession("pid", received.at(-1)?.[1]);
        expect(session?.missedPackets).toEqual([...sent, ...witness.received]);
      },
    ),
    { numRuns: 500 },
  );
});
