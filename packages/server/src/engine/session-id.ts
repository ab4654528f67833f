/** Session identifiers that nobody guesses (CVE-2017-16031). */
import { randomFillSync } from "node:crypto";

// 15 bytes are 120 bits, and 20 characters of base64 without padding.
const ID_BYTES = 15;
const POOL_IDS = 64;

const pool = Buffer.allocUnsafeSlow(ID_BYTES * POOL_IDS);
let used = pool.length;

/** 120 bits of the system's CSPRNG as 20 characters of base64url; drawn in batches, for speed. */
export function generateSessionId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = pool.toString("base64url", used, used + ID_BYTES);
  pool.fill(0, used, used + ID_BYTES);
  used += ID_BYTES;
  return id;
}
