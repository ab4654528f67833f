/** What tests need besides npm packages: brought from Debian where we may, else skipped loudly. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const succeeds = (command, args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;
const onPath = (...commands) => commands.some((command) => succeeds("sh", ["-c", `command -v ${command}`]));
const pythonFinds = (...modules) => {
  const check = `import importlib.util as u, sys; sys.exit(any(u.find_spec(m) is None for m in ${JSON.stringify(modules)}))`;
  return ["/usr/bin/python3", "python3"].some((python) => succeeds(python, ["-c", check]));
};

/** `name` is what SOCKEYE_MISSING lists when `present` says no and `packages` (Debian's) could not be had. */
export const needs = [
  {
    name: "chromium",
    present: () => Boolean(process.env.CHROMIUM) || onPath("chromium", "chromium-browser", "google-chrome"),
    packages: ["chromium"],
  },
  {
    name: "python3-socketio",
    present: () => pythonFinds("socketio", "aiohttp", "requests", "websocket", "msgpack"),
    packages: [
      "python3-socketio",
      "python3-aiohttp",
      "python3-requests",
      "python3-websocket",
      "python3-msgpack",
    ],
  },
  { name: "redis-server", present: () => onPath("redis-server"), packages: ["redis-server"] },
  { name: "nats-server", present: () => onPath("nats-server"), packages: ["nats-server"] },
  {
    name: "postgresql",
    present: () => existsSync("/usr/lib/postgresql") || onPath("initdb"),
    packages: ["postgresql"],
  },
  { name: "nginx", present: () => onPath("nginx", "/usr/sbin/nginx"), packages: ["nginx"] },
  { name: "haproxy", present: () => onPath("haproxy", "/usr/sbin/haproxy"), packages: ["haproxy"] },
  { name: "openssl", present: () => onPath("openssl"), packages: ["openssl"] },
];

const mayInstall = () => existsSync("/etc/debian_version") && process.getuid?.() === 0 && onPath("apt-get");

const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** apt-get waits for dpkg's lock by itself, but not for the lock of the package lists: five minutes for each. */
function apt(...args) {
  const options = ["-qq", "-y", "-o", "DPkg::Lock::Timeout=300"];
  // RUNLEVEL=1 keeps Debian from starting the servers that it installs: the tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  for (const deadline = Date.now() + 300_000; ; pause(1000)) {
    const { status, stderr } = spawnSync("apt-get", [...options, ...args], { env, encoding: "utf8" });
    if (status === 0) return;
    if (/could not get lock|unable to lock/i.test(stderr) && Date.now() < deadline) continue;
    return stderr.trim();
  }
}

function bring(absent) {
  const packages = absent.flatMap((need) => need.packages);
  console.log(`environment: installing ${packages.join(" ")}`);
  const failure = apt("update") ?? apt("install", "--no-install-recommends", ...packages);
  if (failure) console.error(`environment: ${failure}`);
}

/** Node.js 22 and 24; in a folder of their own, so that their `node` is on nobody's PATH. */
function ensureOtherNodes() {
  const folder = "conformance/runtimes";
  const machine = `${process.platform}-${process.arch}`;
  const present = () =>
    [`node-22-${machine}`, `node-${machine}`].every((name) =>
      existsSync(`${folder}/node_modules/${name}/bin/node`),
    );
  const args = ["install", "--prefix", folder, "--no-bin-links", "--no-audit", "--no-fund", "--silent"];
  return present() || (succeeds("npm", args) && present());
}

const shout = (name, command) =>
  console.error(`\n!!! ${name} is missing: its tests are SKIPPED. To run them: ${command}\n`);

/** Makes sure of everything in `needs` and of Node.js 22 and 24; returns the names of what is still missing. */
export function ensureEnvironment() {
  let absent = needs.filter((need) => !need.present());
  if (absent.length > 0 && mayInstall()) {
    bring(absent);
    absent = absent.filter((need) => !need.present());
  }
  for (const { name, packages } of absent) shout(name, `apt-get install ${packages.join(" ")}`);
  const missing = absent.map((need) => need.name);
  if (ensureOtherNodes()) return missing;
  shout("node24", "npm install --prefix conformance/runtimes");
  return [...missing, "node24"];
}
