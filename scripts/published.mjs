/** Whether what is published can be used: packed as npm would, and looked at by publint and "Are the types wrong?". */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { problemAffectsResolutionKind } from "@arethetypeswrong/core/problems";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { run } from "./install.mjs";

/** Ways of importing that packages of ES modules alone have to answer: those of Node.js and of bundlers. */
const RESOLUTIONS = ["node16-esm", "bundler"];

const manifestOf = (folder) => JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));

const published = ["packages", "compat"]
  .flatMap((room) => readdirSync(room).map((name) => `${room}/${name}`))
  .filter((folder) => !manifestOf(folder).private);

async function faultsOf(tarball) {
  const bytes = readFileSync(tarball);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pkgDir: "package", pack: { tarball: buffer }, strict: true });
  const analysis = await checkPackage(createPackageFromTarballData(bytes));
  const problems = (analysis.types ? analysis.problems : []).filter((problem) =>
    RESOLUTIONS.some((kind) => problemAffectsResolutionKind(problem, kind, analysis)),
  );
  return [
    ...messages.map((message) => formatMessage(message, pkg)),
    ...(analysis.types ? [] : ["has no types"]),
    ...problems.map((problem) => JSON.stringify(problem)),
  ];
}

async function allFaults(packed) {
  // One call for all of them: npm takes longer to start than to pack.
  run(
    "npm",
    ["pack", "--silent", "--pack-destination", packed, ...published.map((folder) => `./${folder}`)],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const faults = [];
  for (const folder of published) {
    const { name, version } = manifestOf(folder);
    const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
    for (const fault of await faultsOf(join(packed, file))) faults.push(`${folder}: ${fault}`);
  }
  return faults;
}

/** Ends the process when a package has a fault. */
export async function checkPublished() {
  const packed = mkdtempSync(join(tmpdir(), "sockeye-packed-"));
  const faults = await allFaults(packed).finally(() => rmSync(packed, { recursive: true }));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exit(1);
  console.log(`${published.length} packages as they would be published: no faults`);
}
