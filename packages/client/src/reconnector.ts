/** How long to wait before the next attempt. */

/** The part of the Manager's options that decides. Times in milliseconds. */
export interface BackoffOptions {
  reconnectionDelay: number;
  reconnectionDelayMax: number;
  randomizationFactor: number;
}

/**
 * Doubles with each attempt, varied at random so that clients which lost the same server do not return together.
 * @param attempt 0 for the first
 * @param random from 0 up to 1
 */
export function backoff(attempt: number, options: BackoffOptions, random: number = Math.random()): number {
  const { reconnectionDelay, reconnectionDelayMax, randomizationFactor } = options;
  // Beyond a thousand doublings there is infinity, of which no share can be taken.
  const delay = reconnectionDelay * 2 ** Math.min(attempt, 99) * (1 + (2 * random - 1) * randomizationFactor);
  return Math.floor(Math.min(delay, reconnectionDelayMax));
}
