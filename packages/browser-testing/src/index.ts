/** Chromium, as all tests in a browser start it. */
import { type Browser, chromium } from "playwright-core";

/** Whether `npm test` has found no Chromium and could not bring one. */
export const chromiumIsMissing: boolean =
  process.env.SOCKEYE_MISSING?.split(",").includes("chromium") ?? false;

const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

/** Starts the one of Debian, or the one that the environment's CHROMIUM names. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: FLAGS.split(" ") });
}
