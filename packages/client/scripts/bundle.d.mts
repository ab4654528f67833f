/** Writes all bundles, with source maps, into dist/. */
export function bundle(): Promise<void>;
/** Bundles code in memory, as a bundler with the same settings would. */
export function bundleText(code: string): Promise<string>;
