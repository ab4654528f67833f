/** What an emit fails with: an Error with a code, and the numbers that belong to it. */

/** Why an event was not sent, or not acknowledged; stable, for programs. */
export type EmitErrorCode =
  | "ERR_TIMEOUT"
  | "ERR_DISCONNECTED"
  | "ERR_PAYLOAD_TOO_LARGE"
  | "ERR_OFFLINE"
  | "ERR_BUFFER_FULL"
  | "ERR_DROPPED"
  | "ERR_OPTION";

/** The failure of one event. */
export interface EmitError extends Error {
  code: EmitErrorCode;
  /** ERR_PAYLOAD_TOO_LARGE: bytes of the largest message of the event. */
  size?: number;
  /** ERR_PAYLOAD_TOO_LARGE: most bytes that the server takes. */
  maxPayload?: number;
}

export const emitError = (code: EmitErrorCode, message: string): EmitError =>
  Object.assign(new Error(message), { code });
