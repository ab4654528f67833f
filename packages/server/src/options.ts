/** What a server can be told, and what it assumes otherwise. */
import type { RecoveryOptions } from "@sockeye/adapter";
import type { Untyped } from "@sockeye/core";
import type { DeliveryOptions } from "./delivery/options.ts";
import type { AttachOptions, ServerOptions as EngineOptions } from "./engine/options.ts";

/** The options of the Engine.IO level. */
export interface EngineLevelOptions extends EngineOptions, AttachOptions {
  /** The path that is served; default "/socket.io". */
  path: string;
}

/** What happens to a client that receives more slowly than it is sent to. */
export interface SlowConsumerOptions {
  /** How many bytes may wait for one client. */
  maxBufferedBytes: number;
  /**
   * What happens beyond that:
   * - `disconnect` closes the connection;
   * - `drop-volatile` drops volatile events; other events are still sent, however many wait;
   * - `drop-oldest` drops the oldest packets that have not been handed to the operating system.
   *
   * Each time, the server emits `slow_consumer`.
   */
  policy: "disconnect" | "drop-volatile" | "drop-oldest";
}

/** Connection state recovery, and how much it may keep. */
export interface ConnectionStateRecoveryOptions extends RecoveryOptions {
  /** Whether a recovered connection skips the namespace's middlewares; default false. */
  skipMiddlewares?: boolean;
}

/** The options of the Socket.IO level. */
export interface SocketLevelOptions {
  /** Whether the client's files are served under the path; default true. */
  serveClient: boolean;
  /** The directory of those files; default that of the `@sockeye/client` package, where it is installed. */
  clientFiles: string;
  /** How packets are encoded: a codec, or a parser of Socket.IO's shape (`{ Encoder, Decoder }`). Default: JSON. */
  parser: Untyped;
  /** After how many milliseconds a client that is in no namespace is disconnected; default 45000. */
  connectTimeout: number;
  /** Whether clients that lose the connection may continue their session. Default: they may not. */
  connectionStateRecovery: ConnectionStateRecoveryOptions;
  /** How much is kept for the delivery guarantees, of clients that take part in them. */
  delivery: Partial<DeliveryOptions>;
  /** Whether namespaces made by a pattern or function are removed when their last socket leaves; default false. */
  cleanupEmptyChildNamespaces: boolean;
  /** Most binary attachments in one packet of a client; default 10. */
  maxAttachments: number;
  /** How long each announced attachment may take to come, in milliseconds; default 30000. */
  attachmentTimeout: number;
  /** Most namespaces that one connection may be in; default 1000. */
  maxNamespacesPerConnection: number;
  /** What happens to clients that receive too slowly. Default: nothing, everything is kept for them. */
  slowConsumer: SlowConsumerOptions;
}

/** The Socket.IO level's options with their defaults filled in. */
export type ResolvedSocketOptions = Pick<
  SocketLevelOptions,
  | "connectTimeout"
  | "cleanupEmptyChildNamespaces"
  | "maxAttachments"
  | "attachmentTimeout"
  | "maxNamespacesPerConnection"
> & {
  slowConsumer: SlowConsumerOptions | undefined;
  connectionStateRecovery: ConnectionStateRecoveryOptions | undefined;
};

const POLICIES: readonly unknown[] = ["disconnect", "drop-volatile", "drop-oldest"];

/**
 * Fills in the defaults.
 * @throws TypeError for a value that cannot be meant
 */
export function resolveSocketOptions(given: Partial<SocketLevelOptions>): ResolvedSocketOptions {
  const options: ResolvedSocketOptions = {
    connectTimeout: given.connectTimeout ?? 45_000,
    cleanupEmptyChildNamespaces: given.cleanupEmptyChildNamespaces ?? false,
    maxAttachments: given.maxAttachments ?? 10,
    attachmentTimeout: given.attachmentTimeout ?? 30_000,
    maxNamespacesPerConnection: given.maxNamespacesPerConnection ?? 1000,
    slowConsumer: given.slowConsumer,
    connectionStateRecovery: given.connectionStateRecovery,
  };
  checkSlowConsumer(options.slowConsumer);
  return options;
}

function checkSlowConsumer(slow: SlowConsumerOptions | undefined): void {
  if (!slow) return;
  if (!POLICIES.includes(slow.policy)) {
    throw new TypeError(
      `slowConsumer.policy must be one of ${POLICIES.join(", ")}, got ${String(slow.policy)}`,
    );
  }
  if (!(slow.maxBufferedBytes > 0)) {
    throw new TypeError(
      `slowConsumer.maxBufferedBytes must be a positive number, got ${String(slow.maxBufferedBytes)}`,
    );
  }
}
