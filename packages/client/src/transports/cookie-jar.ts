/** The cookies that a server has set, as far as one connection needs them: by name, until they expire. */

/** One cookie. */
export interface Cookie {
  name: string;
  value: string;
  expires?: Date;
}

/** Reads a Set-Cookie header; undefined when it sets nothing. RFC 6265, section 5.2. */
export function parseCookie(header: string): Cookie | undefined {
  const [pair = "", ...attributes] = header.split(";");
  const at = pair.indexOf("=");
  const name = pair.slice(0, Math.max(at, 0)).trim();
  if (!name) return undefined;
  const cookie: Cookie = { name, value: unquote(pair.slice(at + 1).trim()) };
  let maxAge: number | undefined;
  for (const attribute of attributes) {
    const [key = "", value = ""] = attribute.split("=").map((part) => part.trim());
    if (/^expires$/i.test(key) && maxAge === undefined) {
      const expires = new Date(attribute.slice(attribute.indexOf("=") + 1).trim());
      if (!Number.isNaN(expires.getTime())) cookie.expires = expires;
    } else if (/^max-age$/i.test(key) && /^-?\d+$/.test(value)) {
      // Max-Age goes before Expires; zero and less delete.
      maxAge = Number(value);
      cookie.expires = new Date(maxAge > 0 ? Date.now() + maxAge * 1000 : 0);
    }
  }
  return cookie;
}

const unquote = (value: string): string => (/^".*"$/.test(value) ? value.slice(1, -1) : value);

/** Keeps cookies. */
export class CookieJar {
  private readonly cookies_: Map<string, Cookie> = new Map();

  /** Takes the Set-Cookie headers of an answer. */
  parseCookies(headers: readonly string[] | undefined): void {
    for (const header of headers ?? []) {
      const cookie = parseCookie(header);
      if (cookie) this.cookies_.set(cookie.name, cookie);
    }
  }

  /** The cookies that have not expired. */
  get cookies(): IterableIterator<[string, Cookie]> {
    const now = Date.now();
    for (const [name, { expires }] of this.cookies_) {
      if (expires && expires.getTime() <= now) this.cookies_.delete(name);
    }
    return this.cookies_.entries();
  }

  /** The Cookie header: what the application sends, and what is kept. */
  header(given?: string): string | undefined {
    const kept = [...this.cookies].map(([name, { value }]) => `${name}=${value}`);
    return [given, ...kept].filter(Boolean).join("; ") || undefined;
  }
}
