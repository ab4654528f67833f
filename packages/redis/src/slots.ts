/** Redis Cluster cuts keys and channels into slots, and each slot is one master's. */

import type { Address } from "./connection.ts";

/** Slots, and the master that has them. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly master: Address;
}

const SLOTS = 16_384;

/**
 * The slot of a key or channel. Without sharding a channel is on all servers, and its messages keep their order across
 * channels when all are on one; what has a tag in braces stays with the keys of that tag.
 */
export function slotOf(name: string, sharded: boolean): number {
  const begin = name.indexOf("{");
  const end = name.indexOf("}", begin + 1);
  if (begin >= 0 && end > begin + 1) return crc16(name.slice(begin + 1, end)) % SLOTS;
  return sharded ? crc16(name) % SLOTS : 0;
}

/** CRC16 of the Redis Cluster specification: XMODEM, polynomial 1021. */
function crc16(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

/** What `CLUSTER SLOTS` has answered; a server that does not know its own address leaves out the host. */
export function rangesOf(answer: unknown, asked = "127.0.0.1"): SlotRange[] {
  const rows = answer as Array<[number, number, [unknown, number]]>;
  return rows
    .map(([from, to, [host, port]]) => ({ from, to, master: { host: String(host || asked), port } }))
    .sort((a, b) => a.from - b.from);
}

/** Whether every slot has a master. */
export function isComplete(ranges: readonly SlotRange[]): boolean {
  return ranges.reduce((count, { from, to }) => count + to - from + 1, 0) === SLOTS;
}
