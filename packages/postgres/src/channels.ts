/** Channels of LISTEN and NOTIFY: identifiers of at most 63 bytes, which LISTEN takes as a part of the statement. */
import { createHash } from "node:crypto";

const PLAIN = /^[\w.:-]{1,63}$/;

/** The channel of a topic: its name, or its hash where the name is no short and plain one. */
export function channelOf(topic: string): string {
  return PLAIN.test(topic) ? topic : `#${createHash("sha256").update(topic).digest("base64url")}`;
}

/** A name as SQL takes it in a statement. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
