/** CPU time of other processes, as Linux tells it. */
import { readdirSync, readFileSync } from "node:fs";

/** Linux counts in hundredths of a second. */
const microsecondsPerTick = 10_000;

/**
 * User and system time of a process and of its children, those that have ended included: microseconds; NaN where that is not told.
 * @param {number | undefined} pid
 */
export function cpuOf(pid) {
  try {
    const children = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => statOf(name) ?? [])
      .filter(({ parent }) => parent === pid);
    const own = statOf(String(pid));
    if (!own) return Number.NaN;
    return [own, ...children].reduce((total, { ticks }) => total + ticks, 0) * microsecondsPerTick;
  } catch {
    return Number.NaN;
  }
}

/** @param {string} pid */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold anything: from what follows it on, state is 0.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = [11, 12, 13, 14].reduce((total, at) => total + Number(fields[at]), 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    return undefined;
  }
}
