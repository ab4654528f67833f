/** Makes the client known to a page: as a module of AMD or CommonJS, else as the global `io`. */

declare const module: { exports: unknown } | undefined;
declare const define: { (factory: () => unknown): void; amd?: unknown } | undefined;

export function publish(io: object): void {
  if (typeof module === "object") module.exports = io;
  else if (typeof define === "function" && define.amd) define(() => io);
  else Object.assign(globalThis, { io });
}
