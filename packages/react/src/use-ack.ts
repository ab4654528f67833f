/** One question to the server, and what has become of it. */
import type { Socket } from "@sockeye/client";
import type { Untyped } from "@sockeye/core";
import { type Dispatch, type SetStateAction, useEffect, useMemo, useState } from "react";

/** What became of the latest `emit`. */
export type AckState<Data> =
  | { readonly status: "idle" | "pending"; readonly data?: Data | undefined; readonly error?: undefined }
  | { readonly status: "success"; readonly data: Data; readonly error?: undefined }
  | { readonly status: "error"; readonly data?: undefined; readonly error: Error };

interface Question<Args extends unknown[], Data> {
  /**
   * Sends the event. The promise settles with this very event's acknowledgement; it need not be looked at, as
   * `status`, `data` and `error` tell the same of the latest one.
   */
  readonly emit: (...args: Args) => Promise<Data>;
  /** Forgets the outcome, and stops waiting for one. */
  readonly reset: () => void;
}

/** The outcome, and how to ask. */
export type Ack<Args extends unknown[], Data> = AckState<Data> & Question<Args, Data>;

export interface AckOptions {
  /** Milliseconds until the wait fails with ERR_TIMEOUT. Default: the socket's `ackTimeout`. */
  timeout?: number | undefined;
}

const IDLE: AckState<Untyped> = { status: "idle" };

function question(
  socket: Socket,
  name: string,
  timeout: number | undefined,
  update: Dispatch<SetStateAction<AckState<Untyped>>>,
): Question<Untyped, Untyped> {
  let control = new AbortController();
  let latest: unknown;
  return {
    reset() {
      latest = undefined;
      control.abort();
      control = new AbortController();
      update(IDLE);
    },
    emit(...args: unknown[]) {
      socket.signal(control.signal);
      if (timeout !== undefined) socket.timeout(timeout);
      const answer = socket.emitWithAck(name, ...args);
      const settle = (next: AckState<Untyped>): void => {
        if (latest === answer) update(next);
      };
      latest = answer;
      update(({ data }) => ({ status: "pending", data }));
      answer.then(
        (data) => settle({ status: "success", data }),
        (error) => settle({ status: "error", error }),
      );
      return answer;
    },
  };
}

export function useAcknowledged(
  socket: Socket,
  name: string,
  { timeout }: AckOptions = {},
): Ack<Untyped, Untyped> {
  const [state, update] = useState(IDLE);
  const ask = useMemo(() => question(socket, name, timeout, update), [socket, name, timeout]);
  useEffect(() => ask.reset, [ask]);
  return { ...state, ...ask };
}
