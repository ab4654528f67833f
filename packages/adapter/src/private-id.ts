/** Ids that nobody can guess. */
import { randomBytes } from "node:crypto";
import type { PrivateSessionId } from "./contract.ts";

/** A new private session id: 144 bits of the system's CSPRNG, as 24 URL-safe characters. */
export function createPrivateId(): PrivateSessionId {
  return randomBytes(18).toString("base64url");
}
