/** A real PostgreSQL for a test, on a free loopback port. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, Program } from "@sockeye/cluster/testing";

/** Where Debian keeps the programs of each version; they are not on the PATH. */
const DEBIAN = "/usr/lib/postgresql";

/** Whom PostgreSQL runs as when we are root, which it refuses to be. */
const UNPRIVILEGED = "postgres";

/** Whether `initdb` and `postgres` can be started here; if not, says once how to install them. */
export function postgresInstalled(): boolean {
  const installed = programs() !== undefined;
  if (!installed) console.warn("SKIPPED: PostgreSQL is missing; install it with: apt-get install postgresql");
  return installed;
}

function programs(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(DEBIAN, version, "bin/"));
  return [...folders, ""].find((folder) => spawnSync(`${folder}initdb`, ["--version"]).status === 0);
}

/** A PostgreSQL that can be stopped and started again on its port; what it stores survives that, until `remove`. */
export class PostgresProcess {
  readonly port: number;
  readonly #folder: string;
  readonly #programs: string;
  readonly #user: { uid?: number; gid?: number };
  #program: Program | undefined;

  constructor(port: number) {
    this.port = port;
    this.#programs = programs() ?? "";
    this.#user = process.getuid?.() === 0 ? unprivileged() : {};
    this.#folder = mkdtempSync(join(tmpdir(), "sockeye-postgres-"));
    chmodSync(this.#folder, 0o700);
    const { uid, gid } = this.#user;
    if (uid !== undefined && gid !== undefined) chownSync(this.#folder, uid, gid);
  }

  /** Starts a new one; resolves when it accepts connections. */
  static async start(): Promise<PostgresProcess> {
    const postgres = new PostgresProcess(await freePort());
    try {
      postgres.#initialise();
      await postgres.start();
    } catch (error) {
      await postgres.remove();
      throw error;
    }
    return postgres;
  }

  /** Of the process; `undefined` while it is stopped. */
  get pid(): number | undefined {
    return this.#program?.pid;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  async start(): Promise<void> {
    const settings = {
      listen_addresses: "127.0.0.1",
      port: this.port,
      unix_socket_directories: "",
      fsync: "off",
      max_connections: 200,
      log_min_messages: "log",
      logging_collector: "off",
      lc_messages: "C",
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#program = await Program.start(`${this.#programs}postgres`, ["-D", this.#folder, ...args], {
      ready: "ready to accept connections",
      // "Immediate shutdown": the server ends its own processes too, and recovers at the next start.
      signal: "SIGQUIT",
      cwd: this.#folder,
      ...this.#user,
    });
  }

  /** Ends it at once, as a crash would. */
  async stop(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await program?.stop();
  }

  /** Ends it for good, with all that it stored. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #initialise(): void {
    const args = [
      "-D",
      this.#folder,
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale",
      "C",
      "--no-sync",
    ];
    execFileSync(`${this.#programs}initdb`, args, { stdio: "ignore", cwd: this.#folder, ...this.#user });
  }
}

function unprivileged(): { uid: number; gid: number } {
  const id = (flag: string): number => Number(execFileSync("id", [flag, UNPRIVILEGED], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
