/** Writes the bundles of "sockeye", "socket.io" or "engine.io", with source maps, into a folder. */
export function bundle(kind: "sockeye" | "socket.io" | "engine.io", folder?: string): Promise<void>;
/** Bundles code in memory, as a bundler with the same settings would. */
export function bundleText(code: string): Promise<string>;
