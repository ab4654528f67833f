/** What cannot work is refused where it is said, with a code that a program can tell. */

/** An option that cannot work; its code is `ERR_OPTION`. */
export function wrongOption(name: string, expected: string, got: unknown): RangeError {
  const shown = typeof got === "string" ? JSON.stringify(got) : String(got);
  return Object.assign(new RangeError(`${name}: expected ${expected}, got ${shown}`), { code: "ERR_OPTION" });
}

/** Something else than the client, or the bus, that is asked for; its code is `ERR_CLIENT`. */
export function wrongClient(name: string, expected: string, got: unknown): TypeError {
  return Object.assign(new TypeError(`${name}: expected ${expected}, got ${kindOf(got)}`), {
    code: "ERR_CLIENT",
  });
}

/** What is mistaken for a client is often the URL of one, which may have a password in it and is not shown. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value instanceof Promise) return "a promise: await it";
  if (typeof value !== "object") return `a ${typeof value}`;
  return `an object of ${value.constructor?.name || "no class"}`;
}

/** Whether something has all of these methods. */
export function hasMethods(value: unknown, ...names: string[]): boolean {
  const methods = Object(value) as Record<string, unknown>;
  return names.every((name) => typeof methods[name] === "function");
}
