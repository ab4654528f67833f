/** A real nginx for a test: plain round robin over servers of the loopback. */
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { Program } from "./program.ts";

const program: string | undefined = ["nginx", "/usr/sbin/nginx"].find(
  (path) => spawnSync(path, ["-v"]).status === 0,
);

/** Whether nginx can be started here; if not, says once how to install it. */
export function nginxInstalled(): boolean {
  if (!program) console.warn("SKIPPED: nginx is missing; install it with: apt-get install nginx");
  return program !== undefined;
}

/** An nginx that hands each request, and each WebSocket, to the next of its servers. */
export class NginxProcess {
  readonly port: number;
  readonly #program: Program;
  readonly #folder: string;

  private constructor(port: number, program: Program, folder: string) {
    this.port = port;
    this.#program = program;
    this.#folder = folder;
  }

  /** Starts one on a free loopback port, before the servers at these ports; resolves when it listens. */
  static async start(ports: readonly number[]): Promise<NginxProcess> {
    const folder = await mkdtemp(join(tmpdir(), "sockeye-nginx-"));
    // Its workers are another user's when it is started by root.
    await chmod(folder, 0o777);
    const port = await freePort();
    const file = join(folder, "nginx.conf");
    await writeFile(file, configuration(folder, port, ports));
    const args = ["-p", folder, "-c", file, "-e", "stderr"];
    // It listens by then.
    const options = { ready: "start worker process", signal: "SIGTERM" } as const;
    return new NginxProcess(port, await Program.start(program ?? "nginx", args, options), folder);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await rm(this.#folder, { recursive: true });
  }
}

function configuration(folder: string, port: number, ports: readonly number[]): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = paths.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  // A server that was refused once is tried again a second later: tests start it anew. A poll must not be repeated,
  // as what it was answered may have been lost with the server that relayed it.
  const servers = ports.map((each) => `server 127.0.0.1:${each} fail_timeout=1s;`).join(" ");
  return `daemon off; pid ${folder}/nginx.pid; error_log stderr notice;
    events { worker_connections 8192; }
    http { access_log off; ${temporary}
      upstream servers { ${servers} }
      server { listen 127.0.0.1:${port}; client_max_body_size 2m;
        location / { proxy_pass http://servers; proxy_http_version 1.1; proxy_buffering off;
          proxy_next_upstream off;
          proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $http_connection; } } }`;
}
