/** How deep JSON may nest: whoever passes it on must be able to encode it, and JSON.stringify recurses. */
import { ProtocolError } from "../errors.ts";

/** Deepest nesting of a payload that is let through. */
const MAX_DEPTH = 500;

/**
 * Refuses text whose JSON nests deeper than 500 levels.
 * @throws ProtocolError ERR_DEPTH
 */
export function guardDepth(text: string, at: number): void {
  if (text.length - at <= MAX_DEPTH || !hasMany(text, at)) return;
  if (isDeep(text, at)) throw new ProtocolError("ERR_DEPTH", `JSON nested at most ${MAX_DEPTH} levels`, text);
}

/** Whether there are more opening brackets than levels allowed. Few messages have, and the search is fast. */
function hasMany(text: string, at: number): boolean {
  let left = MAX_DEPTH;
  for (const bracket of "[{") {
    for (let i = text.indexOf(bracket, at); i >= 0; i = text.indexOf(bracket, i + 1))
      if (--left < 0) return true;
  }
  return false;
}

/** Counts brackets, except those within strings. */
function isDeep(text: string, at: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) quoted = !quoted;
    else if (quoted) i += code === 92 ? 1 : 0;
    else if ((code | 32) === 123 && ++depth > MAX_DEPTH) return true;
    else if ((code | 32) === 125) depth--;
  }
  return false;
}
