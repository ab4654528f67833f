/** Programs written for the official package, started unchanged: beside it, or beside a link to our face. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endWithUs } from "@sockeye/cluster/testing";
import type { Stack } from "./stage.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Packages that import socket.io themselves: they must find it where the program does. */
const importers = ["@nestjs/platform-socket.io", "@socket.io/admin-ui", "@socket.io/sticky"];

export interface Application {
  url: string;
  close(): Promise<void>;
}

/** A folder whose `node_modules/socket.io` is the package of this stack. */
async function scratchFor(stack: Stack): Promise<string> {
  await mkdir(join(root, "conformance/.cache"), { recursive: true });
  const scratch = await mkdtemp(join(root, "conformance/.cache/application-"));
  const modules = join(scratch, "node_modules");
  const target = stack === "official" ? "node_modules/socket.io" : "compat/socket.io";
  await mkdir(modules);
  await symlink(join(root, target), join(modules, "socket.io"), "dir");
  for (const name of importers) await copyPackage(name, join(modules, name));
  return scratch;
}

/** Without what is nested inside it, such as a socket.io of its own. */
async function copyPackage(name: string, to: string): Promise<void> {
  const from = join(root, "node_modules", name);
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, filter: (path) => path !== join(from, "node_modules") });
}

export async function startApplication(stack: Stack, program: string): Promise<Application> {
  const scratch = await scratchFor(stack);
  await cp(join(root, "conformance/applications", program), join(scratch, program));
  const child = spawn(process.execPath, [program], { cwd: scratch, stdio: ["ignore", "pipe", "inherit"] });
  child.once("spawn", () => endWithUs(child, "SIGTERM"));
  const close = async (): Promise<void> => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    await rm(scratch, { recursive: true });
  };
  return { url: await firstLine(child, program), close };
}

/** The address that the program prints; rejects when it ends before. */
async function firstLine(child: ChildProcess, program: string): Promise<string> {
  if (!child.stdout) throw new Error("no stdout");
  const printed = once(createInterface({ input: child.stdout }), "line") as Promise<[string]>;
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${program} ended with ${code} before it listened`);
  });
  const [line] = await Promise.race([printed, ended]);
  return line;
}
