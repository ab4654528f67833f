/** Programs that tests run end with them, and have their ports to themselves. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { freePort, Program } from "@sockeye/cluster/testing";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";

const RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

test("a program ends with the process that started it, also when that is killed", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const idle = `const socket = require("node:net").connect(${port}, "127.0.0.1", () => console.log("ready"));`;
  const module = fileURLToPath(new URL("../src/testing/program.ts", import.meta.url));
  const { outputFiles } = await build({ entryPoints: [module], write: false, format: "esm" });
  const start = `${outputFiles[0]?.text}
    await Program.start(process.execPath, ["-e", ${JSON.stringify(idle)}], { ready: "ready" });
    console.log("started");`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", start], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [[connection]] = await Promise.all([
    once(server, "connection") as Promise<[Socket]>,
    once(starter.stdout, "data"),
  ]);
  const ended = once(connection.resume(), "close");
  starter.kill("SIGKILL");
  await ended;
});

test("one that does not start tells what it wrote, and stopping one that has ended by itself is done at once", async () => {
  const run = (script: string): Promise<Program> => Program.start("sh", ["-c", script], { ready: "ready" });
  await expect(run("echo no such file; exit 3")).rejects.toThrow(
    "sh: expected it to start, got exit code 3: no such file",
  );
  await expect(Program.start("no-such-program", [], { ready: "" })).rejects.toThrow("ENOENT");
  const program = await run("echo ready");
  await program.stop();
  await program.stop();
});

test.skipIf(!existsSync(RANGE))("a free port is none that the system lends to others", async () => {
  const [lowest] = readFileSync(RANGE, "utf8").split("\t").map(Number);
  expect(await freePort()).toBeLessThan(lowest as number);
});
