/** Node's own cluster: its workers as one cluster of servers, with one listening port. */
import cluster from "node:cluster";
import { type Line, type ToPrimary, type ToWorker, WorkerBus } from "./worker-bus.ts";
import { WorkerSwitch } from "./worker-switch.ts";

/** The one property of our messages, beside those of the application. */
const OURS = "sockeye";

interface Process {
  send?(message: unknown, handle: undefined, options: object, sent: (error: Error | null) => void): boolean;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
}

/**
 * Lets the workers of Node's cluster reach one another; call it in the primary, before the first `cluster.fork()`,
 * and use `workers()` in the workers. Their messages are passed as they are (`serialization: "advanced"`), what the
 * application sends by `worker.send` too. Throws an Error in a worker, and when there are workers already.
 */
export function connectWorkers(): void {
  if (!cluster.isPrimary) throw new Error("connectWorkers: expected the primary; a worker takes workers()");
  if (Object.keys(cluster.workers ?? {}).length > 0) {
    throw new Error("connectWorkers: expected no workers yet; call it before the first fork");
  }
  cluster.setupPrimary({ serialization: "advanced" });
  const hub = new WorkerSwitch();
  cluster.on("fork", (worker) => hub.attach(lineTo<ToWorker, ToPrimary>(worker)));
}

/**
 * A bus between the workers of Node's cluster: `cluster(workers())` in each of them, after `connectWorkers()` in the
 * primary; until the primary answers it is "down". Throws an Error in a process that is no worker.
 */
export function workers(): WorkerBus {
  if (!cluster.isWorker)
    throw new Error("workers: expected a worker of node:cluster; the primary takes connectWorkers()");
  return new WorkerBus(lineTo<ToPrimary, ToWorker>(process));
}

function lineTo<Out, In>(other: Process): Line<Out, In> {
  return {
    send: (message, sent) => {
      try {
        other.send?.({ [OURS]: message }, undefined, {}, sent);
      } catch (error) {
        sent(error as Error);
      }
    },
    receive: (listener) =>
      void other.on("message", (message) => {
        if (isOurs<In>(message)) listener(message[OURS]);
      }),
    closed: (listener) => void other.on("disconnect", listener),
  };
}

function isOurs<In>(message: unknown): message is { [OURS]: In } {
  return typeof message === "object" && message !== null && OURS in message && Array.isArray(message[OURS]);
}
