/** Credentials in what is recorded: a recording is made to be looked at, and to be sent to others. */

const hide = (text: string): string => (text ? `•••• (${text.length} characters)` : text);

/** A copy in which all texts are hidden. */
function hideAll(value: unknown): unknown {
  if (typeof value === "string") return hide(value);
  if (Array.isArray(value)) return value.map(hideAll);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hideAll(member)]));
}

function rewrite(text: string, change: (value: Record<string, unknown>) => unknown): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? JSON.stringify(change(value as Record<string, unknown>))
      : text;
  } catch {
    // Not JSON, or cut: nothing that could be shown safely.
    return text ? hide(text) : "";
  }
}

const hideMember =
  (name: string) =>
  (value: Record<string, unknown>): unknown =>
    typeof value[name] === "string" ? { ...value, [name]: hide(value[name]) } : value;

/** The payload of a CONNECT packet of the client: what `auth` gives. */
export const maskAuth = (text: string): string => rewrite(text, hideAll);

/** The answer to it: whoever knows `pid` can take over the session. */
export const maskPrivateId = (text: string): string => rewrite(text, hideMember("pid"));

/** The handshake: whoever knows the session's id can take part in the session. */
export const maskSessionId = (text: string): string => rewrite(text, hideMember("sid"));
