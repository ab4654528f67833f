/** Who is at this browser; all of its tabs are one user. */
import type { User } from "../src/events.ts";

const KEY = "sockeye-user";

/** Random, and also where `crypto.randomUUID` is not: on pages without TLS. */
export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );

export function remembered(): User | undefined {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "") as User;
  } catch {
    return undefined;
  }
}

export function remember(name: string): User {
  const user = { id: remembered()?.id ?? newId(), name };
  localStorage.setItem(KEY, JSON.stringify(user));
  return user;
}

/** A hue for a name, the same everywhere. */
export const hue = (id: string): number =>
  [...id].reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) % 360, 7);
