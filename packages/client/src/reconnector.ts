/** How long to wait before the next attempt. */

/**
 * Milliseconds that double with each attempt, varied at random so that clients which lost the same server do not return
 * together.
 * @param attempt 0 for the first
 * @param delay before the first attempt
 * @param max before any
 * @param factor share by which it is varied, from 0 to 1
 * @param random from 0 up to 1
 */
export function backoff(
  attempt: number,
  delay: number,
  max: number,
  factor: number,
  random: number = Math.random(),
): number {
  // Beyond a thousand doublings there is infinity, of which no share can be taken.
  return Math.floor(Math.min(delay * 2 ** Math.min(attempt, 99) * (1 + (2 * random - 1) * factor), max));
}
