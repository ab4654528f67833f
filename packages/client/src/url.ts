/** What a URL given to io() means: which server, which namespace, which query. */

/** A query string as an object; of a repeated key the last value stays. */
export function decodeQuery(query: string): Record<string, string> {
  // A plus sign is itself here, not a space as in forms.
  return Object.fromEntries(new URLSearchParams(query.replace(/\+/g, "%2B")));
}

/** Where a page is; in Node.js nowhere. */
export const pageUrl = (): string | undefined =>
  (globalThis as { location?: { href: string } }).location?.href;

/** A URL, completed. */
export interface Located {
  url: URL;
  /** As it was written, in no encoding. */
  nsp: string;
}

/**
 * Completes a URL: a path or nothing belongs to the page's server, a host without a scheme has the page's.
 * @param base where we are
 * @throws TypeError when it cannot be a URL
 */
export function locate(uri = "/", base: string = pageUrl() ?? "https://localhost"): Located {
  const text = /^(\w+:\/)?\//.test(uri) ? uri : `//${uri}`;
  return { url: new URL(text, base), nsp: text.replace(/^(\w+:)?\/\/[^/?#]*|[?#].*/gs, "") || "/" };
}
