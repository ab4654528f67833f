/** What tests wait for may take as long as the test, on a machine that is busy with other things. */
import { vi } from "vitest";

const { waitFor, waitUntil } = vi;

/** Vitest has no option for it, and gives up after a second. Its reason is told if the test has time left for that. */
const patient = (options) => {
  const given = typeof options === "number" ? { timeout: options } : options;
  return { timeout: 9_000, interval: 5, ...given };
};

vi.waitFor = (check, options) => waitFor(check, patient(options));
vi.waitUntil = (check, options) => waitUntil(check, patient(options));
