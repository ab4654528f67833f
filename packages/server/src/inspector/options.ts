/** The options of inspector(), and the check of the credential. */
import { createHash, timingSafeEqual } from "node:crypto";
import { type Clock, systemClock, type Untyped } from "@sockeye/core";

/** What a client gave as `auth`. */
export type InspectorAuth = Record<string, Untyped>;

/** Options of `inspector()`. */
export interface InspectorOptions {
  /**
   * What a client must give as `auth: { credential }`, or a function that decides by all of `auth`. A text is compared
   * in constant time. There is no default.
   */
  credential: string | ((auth: InspectorAuth) => boolean | Promise<boolean>);
  /** The namespace. Default "/inspector". */
  namespace?: string;
  /** Whether all actions are refused. Default false. */
  readonly?: boolean;
  /** Milliseconds for which an action can be confirmed. Default 30000. */
  confirmWithin?: number;
  /** For tests. */
  clock?: Clock;
}

export interface ResolvedOptions {
  admits(auth: InspectorAuth): boolean | Promise<boolean>;
  namespace: string;
  readonly: boolean;
  confirmWithin: number;
  clock: Clock;
}

/** @throws TypeError ERR_CREDENTIAL when there is no credential */
export function resolveOptions(options: InspectorOptions): ResolvedOptions {
  const { credential } = options;
  if (typeof credential !== "function" && (typeof credential !== "string" || credential === "")) {
    const error = new TypeError(
      "inspector(): the option credential must be a text that is not empty, or a function",
    );
    throw Object.assign(error, { code: "ERR_CREDENTIAL" });
  }
  return {
    admits:
      typeof credential === "function" ? credential : ({ credential: given }) => isEqual(given, credential),
    namespace: options.namespace ?? "/inspector",
    readonly: options.readonly ?? false,
    confirmWithin: options.confirmWithin ?? 30_000,
    clock: options.clock ?? systemClock,
  };
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

// Digests are of one length, so that not even the length can be found out by the time it takes.
const isEqual = (given: unknown, expected: string): boolean =>
  typeof given === "string" && timingSafeEqual(digest(given), digest(expected));
