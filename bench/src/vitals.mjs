/** What a measured process tells about itself: its CPU time, memory, event-loop stalls and profiles. */

import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { writeHeapSnapshot } from "node:v8";

const bun = /** @type {import("./servers/bun-native.d.ts").BunGlobal} */ (globalThis).Bun;

export const runtime = bun ? `Bun ${bun.version}` : `Node.js ${process.versions.node}`;

/** User and system time of this process so far, in microseconds. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Bytes in use once everything that nobody holds is gone. */
async function memory() {
  for (let round = 0; round < 3; round++) {
    if (bun) bun.gc(true);
    else globalThis.gc?.();
    await pause(100);
  }
  const { rss, heapUsed } = process.memoryUsage();
  // What Bun calls its heap leaves out the native objects, which are most of what its connections are.
  return bun ? { rss } : { rss, heap: heapUsed };
}

/** @type {ReturnType<typeof monitorEventLoopDelay> | undefined} */
let delays;

function watchStalls() {
  delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
}

/** The longest stall since `watchStalls`, in milliseconds. */
function longestStall() {
  delays?.disable();
  return delays?.max ? delays.max / 1e6 : Number.NaN;
}

/** @type {Session | undefined} */
let session;

async function startProfile() {
  session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  await session.post("Profiler.start");
}

/** @param {string} path */
async function writeProfile(path) {
  if (!session) throw new Error("No profile was started");
  const { profile } = /** @type {{ profile: object }} */ (await session.post("Profiler.stop"));
  session.disconnect();
  writeFileSync(path, JSON.stringify(profile));
}

/** @param {string} path */
const snapshot = (path) => writeHeapSnapshot(path);

/** @type {import("./answers.mjs").Questions} */
export const vitals = { cpu, memory, watchStalls, longestStall, startProfile, writeProfile, snapshot };
