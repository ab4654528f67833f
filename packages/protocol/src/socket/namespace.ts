/** The name of a namespace, as it stands in a packet. */
import { ProtocolError } from "../errors.ts";

/** Longest name in UTF-16 units, its query string included. */
const MAX_LENGTH = 4096;

/**
 * The name without the query string behind it, unless that is wanted.
 * @throws ProtocolError ERR_NAMESPACE beyond 4096 UTF-16 units
 */
export function namespaceOf(name: string, { keepQuery }: { keepQuery?: boolean | undefined }): string {
  if (name.length > MAX_LENGTH) throw new ProtocolError("ERR_NAMESPACE", "a short namespace", name);
  const query = keepQuery ? -1 : name.indexOf("?");
  return query < 0 ? name : name.slice(0, query);
}
