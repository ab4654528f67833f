/** What lies under a socket, and who it is. */
import type { RecoveryFailure, Session } from "@sockeye/adapter";
import type { Untyped } from "@sockeye/core";
import type { Packet } from "@sockeye/protocol";
import type { Client } from "../api/server.ts";
import type { Flags } from "../broadcast/target.ts";
import type { Participation } from "../delivery/client-delivery.ts";

/** What a socket needs of its connection. */
export interface SocketConnection extends Client {
  readonly isEIO3: boolean;
  readonly bufferedAmount: number;
  send(packet: Packet, flags: Flags): void;
  sendRevocable(packet: Packet, flags: Flags): () => void;
  writePrepared(message: unknown, flags: Flags): void;
  writeToEngine(encoded: Array<string | Uint8Array>, flags: Flags): void;
  drained(): Promise<void>;
  detach(name: string): void;
  disconnectAll(): void;
  /** Another connection of the same client takes over. */
  abandon(): void;
}

/** Who a socket is. */
export interface Identity {
  id: string;
  /** The secret id of the session, with connection state recovery. */
  pid: string | undefined;
  /** What the client sent to authenticate itself, if anything. */
  auth: Record<string, Untyped> | undefined;
  /** The session that is continued, or why the one cannot be that the client wanted to continue. */
  session: Session | RecoveryFailure | undefined;
  /** What is known of the client's events, when it takes part in the delivery guarantees. */
  participation: Participation | undefined;
}
