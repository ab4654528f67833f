/** How much is remembered of what clients have sent, and kept of what they have not acknowledged. */

/** Bounds of the delivery guarantees, each per client and namespace unless it says otherwise. */
export interface DeliveryOptions {
  /** Milliseconds that everything is kept after a client has gone; default two minutes. */
  duration: number;
  /** Clients that are away and kept, of one namespace; the oldest goes first; default 10,000. */
  maxClients: number;
  /** Events whose handling is remembered, so that a repeated one is not handled again; default 100. */
  maxAnswers: number;
  /** Estimated bytes of the remembered answers; default 256 KiB. */
  maxAnswerBytes: number;
  /** Events of `socket.reliable` that wait for the client's acknowledgement; default 1000. */
  maxEvents: number;
  /** Estimated bytes of those events; default 1 MiB. */
  maxBytes: number;
  /**
   * Milliseconds for which a repeated event waits for a handler that runs on the server where the client was
   * before; then it is handled again, as that server may be dead. Default 10,000.
   */
  handlerTimeout: number;
  /**
   * Whether what is known of a client is written down before the client learns of it, so that it outlives a server that
   * is killed: one write to the engine for the events of a client that are handled in one turn, and `reliable` ones.
   * Needs an adapter with shared records, as `cluster(redisStreams(client))` makes with `connectionStateRecovery`.
   * Default false.
   */
  durable: boolean;
}

const DEFAULTS: DeliveryOptions = {
  duration: 120_000,
  maxClients: 10_000,
  maxAnswers: 100,
  maxAnswerBytes: 256 * 1024,
  maxEvents: 1000,
  maxBytes: 1024 * 1024,
  handlerTimeout: 10_000,
  durable: false,
};

/**
 * Fills in the defaults.
 * @throws TypeError for a bound that is no number above zero, and for `durable` that is no boolean
 */
export function resolveDelivery(given: Partial<DeliveryOptions> = {}): DeliveryOptions {
  const { durable = DEFAULTS.durable, ...bounds } = given;
  if (typeof durable !== "boolean") {
    throw new TypeError(`delivery.durable must be a boolean, got ${String(durable)}`);
  }
  const options = { ...DEFAULTS, durable };
  for (const name of Object.keys(DEFAULTS) as (keyof DeliveryOptions)[]) {
    if (name === "durable") continue;
    const value = bounds[name] ?? DEFAULTS[name];
    if (!(typeof value === "number" && value > 0)) {
      throw new TypeError(`delivery.${name} must be a number above zero, got ${String(value)}`);
    }
    options[name] = value;
  }
  return options;
}
