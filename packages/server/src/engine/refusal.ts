/** Every way in which a request is refused: one row each (Engine.IO v4, "HTTP errors"). */

/** Why, for the `connection_error` event; `name` is the short word for programs. */
export interface RefusalContext {
  name?: string;
  message?: string;
  [key: string]: unknown;
}

/** One kind of refusal: the protocol's code and text, and the status of the HTTP answer. */
export interface Row {
  readonly code: number;
  readonly status: number;
  readonly text: string;
}

export type RefusalName =
  | "unknownTransport"
  | "unknownSession"
  | "badHandshakeMethod"
  | "badRequest"
  | "forbidden"
  | "unsupportedProtocol"
  | "draining";

export const refusals: Readonly<Record<RefusalName, Row>> = {
  unknownTransport: { code: 0, status: 400, text: "Transport unknown" },
  unknownSession: { code: 1, status: 400, text: "Session ID unknown" },
  badHandshakeMethod: { code: 2, status: 400, text: "Bad handshake method" },
  badRequest: { code: 3, status: 400, text: "Bad request" },
  forbidden: { code: 4, status: 403, text: "Forbidden" },
  unsupportedProtocol: { code: 5, status: 400, text: "Unsupported protocol version" },
  // Not of the protocol: clients and load balancers go by the status, and try again elsewhere.
  draining: { code: 6, status: 503, text: "Server is draining" },
};

/** A refused request: the row, and what came instead of what was expected. */
export class Refusal {
  readonly code: number;
  readonly status: number;
  /** What the code means. */
  readonly text: string;
  /** What the client is told: the reason given by `allowRequest`, or the row's text. */
  readonly message: string;
  readonly context: RefusalContext;

  constructor(row: RefusalName, context: RefusalContext = {}) {
    const { code, status, text } = refusals[row];
    this.code = code;
    this.status = status;
    this.text = text;
    this.message = row === "forbidden" ? (context.message ?? text) : text;
    this.context = context;
  }

  /** The body of the answer. */
  get body(): string {
    return JSON.stringify({ code: this.code, message: this.message });
  }
}
