/** The configurations that a reader copies are ones that their programs take. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@sockeye/cluster/testing";
import { expect, onTestFinished, test } from "vitest";

const page = fileURLToPath(new URL("../deployment.md", import.meta.url));

function programOf(names: string[], version: string): string | undefined {
  const found = names.find((name) => spawnSync(name, [version]).status === 0);
  if (!found) console.warn(`SKIPPED: ${names[0]} is missing; install it with: apt-get install ${names[0]}`);
  return found;
}

/** Both want a certificate that is one. */
const openssl = programOf(["openssl"], "version");
const nginx = programOf(["nginx", "/usr/sbin/nginx"], "-v");
const haproxy = programOf(["haproxy", "/usr/sbin/haproxy"], "-v");

async function block(fence: string): Promise<string> {
  const text = await readFile(page, "utf8");
  return new RegExp(`^\`\`\`${fence}\n(.*?)^\`\`\`$`, "ms").exec(text)?.[1] ?? "";
}

/** A folder with a certificate, and a configuration that names it, at a free port. */
async function folderWith(configuration: string): Promise<{ folder: string; text: string }> {
  const folder = await mkdtemp(join(tmpdir(), "sockeye-deployment-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [key, certificate] = [join(folder, "example.key"), join(folder, "example.pem")];
  const made = spawnSync(
    "openssl",
    `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=example.com -keyout ${key} -out ${certificate}`.split(
      " ",
    ),
  );
  expect(made.status).toBe(0);
  await writeFile(
    join(folder, "both.pem"),
    (await readFile(certificate, "utf8")) + (await readFile(key, "utf8")),
  );
  const port = String(await freePort());
  return { folder, text: configuration.replaceAll("/etc/ssl/", `${folder}/`).replace("443", port) };
}

test.skipIf(!nginx || !openssl)("nginx takes its configuration", async () => {
  const http = await block("nginx");
  const { folder, text } = await folderWith(http);
  const file = join(folder, "nginx.conf");
  const events = await block("nginx events");
  const quiet = `pid ${folder}/pid; error_log ${folder}/log;`;
  await writeFile(file, `${quiet}\n${events}\nhttp { access_log off;\n${text}\n}`);
  const { status, stderr } = spawnSync(nginx as string, ["-t", "-p", folder, "-c", file], {
    encoding: "utf8",
  });
  expect(stderr).toContain("test is successful");
  expect(status).toBe(0);
});

test.skipIf(!haproxy || !openssl)("HAProxy takes its configuration", async () => {
  const { folder, text } = await folderWith(await block("haproxy"));
  const file = join(folder, "haproxy.cfg");
  await writeFile(file, text.replace("example.pem", "both.pem"));
  const { status, stderr } = spawnSync(haproxy as string, ["-c", "-f", file], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
});
