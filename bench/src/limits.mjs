/** How many connections one process may hold on this machine. */
import { spawnSync } from "node:child_process";
import { raiseLimit } from "./child.mjs";

/** Descriptors that a process needs for other things than connections. */
const reserve = 100;

/** @returns {number} */
export function maxConnections() {
  if (process.platform === "win32") return 10_000;
  const { stdout } = spawnSync("sh", ["-c", raiseLimit, "sh", "sh", "-c", "ulimit -n"], { encoding: "utf8" });
  return (stdout.trim() === "unlimited" ? 1_000_000 : Number(stdout)) - reserve;
}
