/** Which other origins may talk to the server: CORS headers, and the same rule for what CORS does not cover. */
import type { IncomingMessage } from "node:http";
import cors from "cors";
import type { Middleware } from "./middleware.ts";
import type { CorsOptions, CorsOptionsDelegate } from "./options.ts";

type Origin = CorsOptions["origin"];
type StaticOrigin = Exclude<Origin, (...args: never[]) => unknown>;

/** Told when the `Origin` of a request is not on the allow-list. */
export class OriginError extends Error {
  readonly code = "ERR_ORIGIN";

  constructor(origin: string) {
    super(`expected an origin allowed by the "cors" option, got ${JSON.stringify(origin)}`);
    this.name = "OriginError";
  }
}

/**
 * Sets the headers as the `cors` package does, and refuses requests of origins that are not allowed: CORS alone
 * only hides answers from pages, and does not apply to WebSocket (CVE-2020-28481). Requests without `Origin`
 * (no browser) and of the server's own origin pass.
 */
export function corsMiddleware(option: CorsOptions | CorsOptionsDelegate): Middleware {
  const fixed =
    typeof option === "function" || typeof option.origin === "function" ? undefined : cors(option);
  return (request, response, next) => {
    resolve(option, request, (error, options) => {
      if (error) return next(error);
      const { origin } = request.headers;
      if (origin !== undefined && !isAllowed(options.origin, origin) && !isSameOrigin(request, origin)) {
        return next(new OriginError(origin));
      }
      (fixed ?? cors(options))(request, response, next);
    });
  };
}

type Resolved = CorsOptions & { origin?: StaticOrigin };

/** Asks a delegate for the options, and an origin function for the origin. */
function resolve(
  option: CorsOptions | CorsOptionsDelegate,
  request: IncomingMessage,
  done: (error: Error | null, options: Resolved) => void,
): void {
  if (typeof option === "function") {
    option(request, (error, options = {}) => (error ? done(error, {}) : resolve(options, request, done)));
  } else if (typeof option.origin === "function") {
    const fn = option.origin;
    fn(request.headers.origin, (error, origin) => done(error, { ...option, origin: origin ?? false }));
  } else {
    done(null, option as Resolved);
  }
}

function isAllowed(allowed: StaticOrigin, origin: string): boolean {
  if (allowed === undefined || allowed === true || allowed === "*") return true;
  if (Array.isArray(allowed)) return allowed.some((one) => isAllowed(one, origin));
  if (allowed instanceof RegExp)
    return new RegExp(allowed.source, allowed.flags.replace(/[gy]/g, "")).test(origin);
  return allowed === origin;
}

function isSameOrigin(request: IncomingMessage, origin: string): boolean {
  const host = request.headers.host ?? request.headers[":authority"];
  const separator = origin.indexOf("://");
  return separator > 0 && host !== undefined && origin.slice(separator + 3) === host;
}
