/** Builds the page unless the last build is newer than all of its files. */
export function bundle(): Promise<void>;
