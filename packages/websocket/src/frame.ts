/** The vocabulary of RFC 6455 frames: opcodes, close codes, and the error that fails a connection. */

/** Opcodes (RFC 6455, 5.2). */
export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** The close codes this layer sends or reports by itself (RFC 6455, 7.4.1). */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** Reported, never sent: the peer's Close frame carried no code. */
  noStatus: 1005,
  /** Reported, never sent: the connection ended without a Close frame of the peer. */
  abnormal: 1006,
  invalidData: 1007,
  policy: 1008,
  tooBig: 1009,
  internalError: 1011,
} as const;

/**
 * Whether a code may stand in a Close frame (RFC 6455, 7.4): the registered ones but 1004, 1005, 1006 and
 * 1015, and the ranges of libraries and applications.
 */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code) || code < 1000 || code > 4999) return false;
  return code >= 3000 || (code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006);
}

/** What a peer did that fails the connection, and the close code that tells it. */
export class WebSocketError extends Error {
  override readonly name = "WebSocketError";
  /** A stable name such as `ERR_MASK`. */
  readonly code: string;
  /** The code of the Close frame that answers it. */
  readonly closeCode: number;

  constructor(code: string, closeCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.closeCode = closeCode;
  }
}

/** A breach of the framing rules: closes with 1002. */
export function breach(code: string, expected: string, got: string): WebSocketError {
  return new WebSocketError(code, closeCodes.protocolError, `expected ${expected}, got ${got}`);
}

/** A message over `limit` bytes: closes with 1009. `size` is what is known of it so far. */
export function tooBig(limit: number, size: number): WebSocketError {
  const message = `expected a message of at most ${limit} bytes (maxPayload), got ${size} or more`;
  return Object.assign(new WebSocketError("ERR_MESSAGE_TOO_BIG", closeCodes.tooBig, message), { size });
}

/** Text that is not UTF-8: closes with 1007. */
export function notUtf8(where: string): WebSocketError {
  return new WebSocketError(
    "ERR_UTF8",
    closeCodes.invalidData,
    `expected UTF-8 in ${where}, got other bytes`,
  );
}
