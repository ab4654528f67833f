/** Makes the client known to a page: as a module of AMD or CommonJS, else as a global. */

declare const module: { exports: unknown } | undefined;
declare const define: { (factory: () => unknown): void; amd?: unknown } | undefined;

export function publish(name: string, value: object): void {
  if (typeof module === "object") module.exports = value;
  else if (typeof define === "function" && define.amd) define(() => value);
  else Object.assign(globalThis, { [name]: value });
}
