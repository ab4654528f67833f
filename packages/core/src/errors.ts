/** Why an acknowledgement did not come. */

/** `ERR_ACK_TIMEOUT` or `ERR_DISCONNECTED`; stable, for programs. */
export type AckErrorCode = "ERR_ACK_TIMEOUT" | "ERR_DISCONNECTED";

const MESSAGES: Record<AckErrorCode, string> = {
  ERR_ACK_TIMEOUT: "operation has timed out",
  ERR_DISCONNECTED: "socket has been disconnected",
};

/** An acknowledgement that will not come, with Socket.IO's wording. */
export class AckError extends Error {
  readonly code: AckErrorCode;
  /** Of a broadcast: the answers that did come. */
  declare responses?: unknown[];

  constructor(code: AckErrorCode) {
    super(MESSAGES[code]);
    this.code = code;
  }
}
