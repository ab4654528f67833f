/** How the connection is: status, transport, latency, and when it will be tried again. */
import { type ReactNode, useEffect, useState } from "react";
import { chat } from "./socket.ts";
import { ThemeButton } from "./theme-button.tsx";

const WORDS = {
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
  disconnected: "Disconnected",
};

export function ConnectionBar(): ReactNode {
  const { status, transport, attempt, nextAttemptAt, error, recovered } = chat.useConnection();
  const { latency, node } = usePulse(status === "connected");
  const seconds = useCountdown(nextAttemptAt);
  return (
    <header className="bar" data-status={status}>
      <h1 className="brand">sockeye</h1>
      <p className="status" role="status">
        <span className="lamp" aria-hidden="true" />
        {WORDS[status]}
        {status === "connected" && recovered && <span className="chip">recovered</span>}
      </p>
      <dl aria-label="Connection">
        {status === "connected" ? (
          <>
            <Fact name="Transport">{transport}</Fact>
            <Fact name="Latency">{latency === undefined ? "…" : `${latency} ms`}</Fact>
            {node && <Fact name="Server">{node}</Fact>}
          </>
        ) : (
          <>
            <Fact name="Attempt">{attempt}</Fact>
            <Fact name="Next">{seconds === undefined ? "now" : `in ${seconds.toFixed(1)} s`}</Fact>
            {error && <Fact name="Reason">{error.message}</Fact>}
          </>
        )}
      </dl>
      <ThemeButton />
    </header>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Asks for an answer every few seconds; how long it took, in milliseconds, and who gave it. */
function usePulse(connected: boolean): { latency?: number; node?: string | undefined } {
  const socket = chat.useSocket();
  const [pulse, setPulse] = useState({});
  useEffect(() => {
    if (!connected) return;
    const measure = async (): Promise<void> => {
      const start = performance.now();
      const node = await socket.emitWithAck("pulse");
      setPulse({ latency: Math.round(performance.now() - start), node });
    };
    // It fails with the connection, which is shown already.
    const look = (): void => void measure().catch(() => setPulse({}));
    look();
    const timer = setInterval(look, 3000);
    return () => clearInterval(timer);
  }, [socket, connected]);
  return pulse;
}

function useCountdown(until: number | undefined): number | undefined {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (until === undefined) return;
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, [until]);
  return until === undefined ? undefined : Math.max(0, (until - now) / 1000);
}
