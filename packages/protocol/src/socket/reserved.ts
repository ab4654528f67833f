/** Event names that belong to Socket.IO itself and never travel. */

/** "error" is not among them: it travels, and must harm nobody. */
export const RESERVED_EVENTS: ReadonlySet<unknown> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);
