/** A server process as the test sees it: started, told to speak, killed, started again on its port. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BusState } from "@sockeye/cluster";
import { build } from "esbuild";
import type { EngineName } from "./engines.ts";
import type { Stream } from "./traffic.ts";

/** What a server process must know. */
export interface ServerSettings {
  name: string;
  engine: EngineName;
  url: string;
  port: number;
  /** How many servers it is to see before it is ready, itself included. */
  servers: number;
  /** Milliseconds between two messages of a stream. */
  pace: number;
  drainOver: number;
  /** Milliseconds between heartbeats, and to wait for one. */
  heartbeat: number;
}

export type ToServer = "speak" | "hush" | "drain";

export type FromServer =
  | { kind: "ready" }
  /** A client that came back was not recovered. */
  | { kind: "anew"; client: number; reason: string }
  | { kind: "flaw"; what: string }
  /** How the cluster looks from its plain server (0) or its logged one (1). */
  | { kind: "state"; index: number; bus: BusState; servers: number }
  | { kind: "handled"; server: string; client: number; number: number; at: number }
  /** The last number of each of its streams. */
  | { kind: "sent"; streams: Array<[Stream, number]> };

/** The program of a server process, bundled; it is removed by `end`. */
export class ServerProgram {
  readonly file: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, "server.mjs");
  }

  static async compile(): Promise<ServerProgram> {
    const program = new ServerProgram(await mkdtemp(join(tmpdir(), "sockeye-chaos-")));
    await build({
      entryPoints: [fileURLToPath(new URL(`server-program${extname(import.meta.url)}`, import.meta.url))],
      bundle: true,
      outfile: program.file,
      format: "esm",
      platform: "node",
      conditions: ["source"],
      external: ["pg-native"],
      logLevel: "error",
      banner: {
        js: 'import * as nodeModule from "node:module"; const require = nodeModule.createRequire(import.meta.url);',
      },
    });
    return program;
  }

  async end(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

export class ServerProcess {
  readonly settings: ServerSettings;
  readonly #views: Array<{ bus: BusState; servers: number }> = [];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, settings: ServerSettings) {
    this.#child = child;
    this.settings = settings;
  }

  /** Starts one; resolves when it sees the others. `hear` gets all that it says. */
  static async start(
    program: ServerProgram,
    settings: ServerSettings,
    hear: (message: FromServer) => void,
  ): Promise<ServerProcess> {
    const child = fork(program.file, [JSON.stringify(settings)], { execArgv: [] });
    const server = new ServerProcess(child, settings);
    child.on("message", (message: FromServer) => {
      if (message.kind === "state") server.#views[message.index] = message;
      hear(message);
    });
    await new Promise<void>((resolve, reject) => {
      child.on("message", ({ kind }: FromServer) => kind === "ready" && resolve());
      child.once("exit", (code) =>
        reject(new Error(`server ${settings.name}: expected it to start, exit code ${code}`)),
      );
    });
    return server;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether its bus is up and it sees so many servers. */
  sees(servers: number): boolean {
    return this.#views.every((view) => view.bus === "up" && view.servers === servers);
  }

  tell(order: ToServer): void {
    this.#child.send(order);
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    if (!this.running) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  /** It does nothing at all, and its connections stay open. */
  suspend(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Takes it out of service; resolves when it has ended. */
  async drain(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.tell("drain");
    await exit;
  }
}
