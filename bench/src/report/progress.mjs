/** One line that tells what runs at the moment. */

const { stderr } = process;
const started = Date.now();

/** @param {string} text */
export function progress(text) {
  const seconds = ((Date.now() - started) / 1_000).toFixed(0).padStart(4);
  if (stderr.isTTY) stderr.write(`\r\x1b[K${seconds} s  ${text}`);
  else stderr.write(`${seconds} s  ${text}\n`);
}

/**
 * A line that stays.
 * @param {string} text
 */
export function note(text) {
  if (stderr.isTTY) stderr.write("\r\x1b[K");
  stderr.write(`${text}\n`);
}
