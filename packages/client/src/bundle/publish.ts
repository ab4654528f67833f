/** Makes the client known to a page: as a module of AMD, else as a global. */

declare const define: { (factory: () => unknown): void; amd?: unknown } | undefined;

export function publish(name: string, value: object): void {
  if (typeof define === "function" && define.amd) define(() => value);
  else Object.assign(globalThis, { [name]: value });
}
