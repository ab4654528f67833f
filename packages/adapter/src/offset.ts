/** Offsets: what a client sends back to say which packet it has received last. */
import { randomBytes } from "node:crypto";

/** Where a client stands: right after a packet of its own, or before a position (told with a volatile packet). */
export interface Standing {
  /** The packet that carried the offset, if it is one that is kept. */
  received: number | undefined;
  /** The first position that the client may not have received. */
  next: number;
}

const EPOCH_LENGTH = 12;
const FORM = /^(~?)([0-9a-z]{1,10})$/;

/**
 * Writes and reads offsets. They are positions and no credentials (that is the private id of the session): what
 * a client can win by a made-up one is to miss packets, or to get its own ones again. The epoch tells the log's
 * own offsets from those of another server or of an earlier run.
 */
export class OffsetScale {
  readonly #epoch = randomBytes(9).toString("base64url");

  /** The offset of the packet at this position. */
  at(position: number): string {
    return this.#epoch + position.toString(36);
  }

  /** An offset for a packet that is not kept: all before `head` has been sent. */
  before(head: number): string {
    return `${this.#epoch}~${head.toString(36)}`;
  }

  /** Reads an offset of this log; `undefined` when it is none. */
  read(offset: string): Standing | undefined {
    if (!offset.startsWith(this.#epoch)) return undefined;
    const form = FORM.exec(offset.slice(EPOCH_LENGTH));
    if (!form) return undefined;
    const position = Number.parseInt(form[2] as string, 36);
    return form[1] ? { received: undefined, next: position } : { received: position, next: position + 1 };
  }
}
