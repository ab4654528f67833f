/** What is said when bytes cannot be a packet, or a value cannot be bytes. */

/** What was wrong; stable, for programs. The message is for people. */
export type ProtocolErrorCode =
  | "ERR_ENGINE_PACKET"
  | "ERR_BASE64"
  | "ERR_UTF8"
  | "ERR_PAYLOAD"
  | "ERR_HANDSHAKE"
  | "ERR_TYPE"
  | "ERR_ATTACHMENTS"
  | "ERR_NAMESPACE"
  | "ERR_ACK_ID"
  | "ERR_JSON"
  | "ERR_DATA"
  | "ERR_PLACEHOLDER"
  | "ERR_SEQUENCE"
  | "ERR_TOO_LARGE"
  | "ERR_DEPTH"
  | "ERR_BLOB"
  | "ERR_MSGPACK"
  | "ERR_PARSER";

/** A value in few characters, however large it is and whatever its own toString may do. */
function excerpt(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return typeof value === "object" && value ? "an object" : String(value);
}

/** The one error of this package: a code, what was expected, and (at most 40 UTF-16 units of) what came instead. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  /** Of what is ERR_TOO_LARGE: its size in bytes, as far as it had come or was announced. */
  readonly size: number | undefined;

  constructor(code: ProtocolErrorCode, expected: string, got: unknown, cause?: unknown) {
    super(`expected ${expected}, got ${excerpt(got)}`, { cause });
    this.code = code;
    this.size = code === "ERR_TOO_LARGE" ? Number(got) : undefined;
  }
}
