/** The parts of a URI, for those who used the parser of engine.io-client. */

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
