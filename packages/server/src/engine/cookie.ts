/** The cookie that carries the session id, for load balancers that keep a client on one server. */
import { stringifySetCookie } from "cookie";
import type { CookieOptions } from "./options.ts";

/** The value of `Set-Cookie`. Names, paths, domains and values that no cookie may have throw a TypeError. */
export function sessionCookie(option: CookieOptions | true, sid: string): string {
  const { name, ...attributes } = option === true ? { name: "io" } : option;
  const path = "path" in attributes ? attributes.path : "/";
  return stringifySetCookie(name, sid, {
    httpOnly: path !== undefined,
    sameSite: "lax",
    ...attributes,
    ...(path === undefined ? {} : { path }),
  });
}

/** Lets a server that is set up with an impossible cookie fail at once, not at its first client. */
export function checkCookie(option: CookieOptions | boolean): void {
  if (option) sessionCookie(option === true ? true : option, "sid");
}
