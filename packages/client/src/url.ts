/** What a URL given to io() means: which server, which namespace, which query. */

/** The parts of a URI; a part that is missing is an empty string. */
export interface ParsedUri {
  /** The text that was parsed. */
  source: string;
  protocol: string;
  userInfo: string;
  /** Without the brackets of an IPv6 address. */
  host: string;
  port: string;
  path: string;
  /** Without the question mark. */
  query: string;
  anchor: string;
}

const URI = /^(?:([^:/?#]+):\/\/)?(?:([^/?#@]*)@)?(\[[^\]]*]|[^:/?#]*)(?::(\d*))?([^?#]*)\??([^#]*)#?(.*)/s;

/**
 * Splits a URI. Unlike `URL`, it changes nothing (a namespace stays as it was written) and takes URIs that lack parts.
 * @throws Error above 8000 characters
 */
export function parse(source: string): ParsedUri {
  if (source.length > 8000) throw new Error("URI too long");
  const [, protocol = "", userInfo = "", host = "", port = "", path = "", query = "", anchor = ""] =
    URI.exec(source) ?? [];
  return { source, protocol, userInfo, host: host.replace(/[[\]]/g, ""), port, path, query, anchor };
}

/** A query string as an object; of a repeated key the last value stays. */
export function decodeQuery(query: string): Record<string, string> {
  // A plus sign is itself here, not a space as in forms.
  return Object.fromEntries(new URLSearchParams(query.replace(/\+/g, "%2B")));
}

/** An object as a query string. */
export function encodeQuery(query: Record<string, unknown>): string {
  return Object.entries(query)
    .map((pair) => pair.map((part) => encodeURIComponent(part as string)).join("="))
    .join("&");
}

/** The page's location, as far as URLs are completed from it; in Node.js there is none. */
export type PageLocation = Partial<Pick<Location, "protocol" | "host" | "hostname" | "port">>;

export const pageLocation = (): PageLocation => (globalThis as { location?: PageLocation }).location ?? {};

/** A URL as io() needs it. */
export interface ParsedUrl extends ParsedUri {
  /** Names the server and the path on it: URLs of the same id share a Manager. */
  id: string;
}

/**
 * Completes a URL from the page's location (without a page: https) and its scheme's port.
 * @param path path of the connection on the server, part of the id
 */
export function url(uri = "/", path = "", loc: PageLocation = pageLocation()): ParsedUrl {
  const scheme = loc.protocol ?? "https:";
  const rest = uri[0] !== "/" ? `//${uri}` : uri[1] !== "/" ? `//${loc.host}${uri}` : uri;
  const parsed = parse(/^(http|ws)s?:\/\//.test(uri) ? uri : scheme + rest);
  const { protocol, host } = parsed;
  parsed.port ||= /[ps]s$/.test(protocol) ? "443" : "80";
  parsed.path ||= "/";
  return { ...parsed, id: protocol + host + parsed.port + path };
}
