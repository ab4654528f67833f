/** What can be told to io(), a Manager or a Socket beyond the options of socket.io-client. */
import type {
  ManagerOptions as CoreManagerOptions,
  SocketOptions as CoreSocketOptions,
  ExtendedError,
} from "../options.ts";

/** How to begin. */
export interface RaceOptions {
  /**
   * "race" starts WebSocket at once, and long-polling beside it when the WebSocket has not opened after
   * {@link raceDelay} or has failed; who opens first is used. Default: the transports in their order.
   */
  connect?: "race";
  /** Head start of the WebSocket in a race, in milliseconds. Default 300. */
  raceDelay?: number;
}

/** The options of a connection and of how it is restored. */
export interface ManagerOptions extends CoreManagerOptions, RaceOptions {
  /**
   * Whether "online", a return from the background and a change of network make the client try, or test, the
   * connection at once. Default true; of no effect where there are no such events.
   */
  pageAware: boolean;
  /** Ends the connection, and all attempts to restore it, when it is aborted. */
  signal: AbortSignal;
}

/** The options of one namespace. */
export interface SocketOptions extends CoreSocketOptions {
  /**
   * Whether to take part in a Sockeye server's delivery guarantees: `socket.reliable` events, and events with `retries`
   * that are handled once. Adds `delivery` to the credentials that the server is sent. Default: with `retries`.
   */
  reliable?: boolean;
  /**
   * What becomes of events that are emitted while there is no connection. "buffer", the default, sends them
   * later; "drop" forgets them; "reject" makes them fail with ERR_OFFLINE.
   */
  offline?: "buffer" | "drop" | "reject";
  /** Most events in the buffer; one more fails with ERR_BUFFER_FULL. Default Infinity. */
  maxBufferedEvents?: number;
  /** Most bytes of encoded events in the buffer. Default Infinity. */
  maxBufferedBytes?: number;
  /**
   * Asked when the server refuses the namespace: true to try again after the Manager's delay, or the number of
   * milliseconds to wait; `auth` is then asked for fresh credentials. Default: never.
   */
  shouldRetry?: (error: ExtendedError) => boolean | number | Promise<boolean | number>;
}
