/** Lets a test wait for the state of a bus. */
import type { Bus, BusState } from "../bus.ts";

type Observable = Pick<Bus, "observe">;

/** Resolves when the bus changes to this state. */
export function nextState(bus: Observable, wanted: BusState): Promise<void> {
  return new Promise((resolve) => {
    const undo = bus.observe((state) => {
      if (state !== wanted) return;
      // It may be told within `observe`.
      queueMicrotask(() => undo());
      resolve();
    });
  });
}

/** Resolves when the bus is up, if it is now at once. */
export async function whenUp(bus: Observable): Promise<void> {
  let down = false;
  // A new observer is told at once when the bus is down.
  bus.observe((state) => {
    down = state === "down";
  })();
  if (down) await nextState(bus, "up");
}
