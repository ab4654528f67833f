/** The adapter classes under Socket.IO's own types, for subclasses written against those. */
import * as ours from "@sockeye/adapter";
import type { Untyped } from "@sockeye/core";

/** What Socket.IO types more loosely: an adapter there may use anything of its namespace. */
interface Loose {
  readonly nsp: Untyped;
  fetchSockets(opts: ours.BroadcastOptions): Promise<Untyped[]>;
  /** Resolves to `null`, whatever the type says, when there is no such session. */
  restoreSession(pid: ours.PrivateSessionId, offset: string): Promise<ours.Session>;
}

export type Adapter = Loose & ours.Adapter;
export const Adapter: new (nsp: Untyped) => Adapter = ours.Adapter as never;

export type SessionAwareAdapter = Loose & ours.SessionAwareAdapter;
export const SessionAwareAdapter: new (nsp: Untyped) => SessionAwareAdapter =
  ours.SessionAwareAdapter as never;
