/** What is kept for a client must be such that it can be sent: later, nobody is there who could be told. */

/** Deeper values are refused by buses and stores, and circles with them. */
const MAX_DEPTH = 512;

/** Throws a TypeError with the code `ERR_DATA` for a bigint without `toJSON`, a circle, and more than 512 levels. */
export function checkSendable(value: unknown, depth = 0): void {
  if (typeof value !== "object" && typeof value !== "bigint") return;
  if (value === null || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return;
  if (depth > MAX_DEPTH) throw unsendable(`at most ${MAX_DEPTH} levels, and no circle`);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") checkSendable(toJSON.call(value), depth + 1);
  else if (typeof value === "bigint") throw unsendable("what JSON can express, got a bigint");
  else for (const item of Object.values(value)) checkSendable(item, depth + 1);
}

function unsendable(expected: string): TypeError {
  return Object.assign(new TypeError(`event arguments: expected ${expected}`), { code: "ERR_DATA" });
}
