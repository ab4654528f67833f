/** The name of a namespace, as it stands in a packet. */
import { ProtocolError } from "../errors.ts";

/**
 * The name without the query string behind it, unless that is wanted.
 * @throws ProtocolError ERR_NAMESPACE beyond 4096 UTF-16 units, the query string included
 */
export function namespaceOf(name: string, keepQuery = false): string {
  if (name.length > 4096) throw new ProtocolError("ERR_NAMESPACE", "a shorter namespace", name);
  const query = keepQuery ? -1 : name.indexOf("?");
  return query < 0 ? name : name.slice(0, query);
}
