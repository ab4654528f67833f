/** The contract of both sides. */
export interface ServerToClient {
  headline(text: string): void;
}

export type ClientToServer = Record<never, never>;

/** What the server renders with, and hands to the page so that it renders the same. */
export interface PageData {
  readonly headlines: readonly string[];
}

/** What the server calls the part of the page that it leaves to the browser. */
export const NEEDS_CONNECTION = "NEEDS_CONNECTION";
