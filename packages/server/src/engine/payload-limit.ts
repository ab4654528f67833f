/** Told when a client sends more than `maxHttpBufferSize`: the reason that would otherwise take long to find. */
export class PayloadTooLargeError extends Error {
  readonly code = "ERR_PAYLOAD_TOO_LARGE";
  /** `maxHttpBufferSize`, in bytes. */
  readonly limit: number;
  /** What is known of the size, in bytes: announced, or received when it was refused. */
  readonly size: number | undefined;

  constructor(limit: number, size: number | undefined, cause?: unknown) {
    const got = size === undefined ? "more" : size;
    super(`expected at most ${limit} bytes (maxHttpBufferSize), got ${got}`, { cause });
    this.name = "PayloadTooLargeError";
    this.limit = limit;
    this.size = size;
  }
}
