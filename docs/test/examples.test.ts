/** Documentation that lies is worse than none: every program in it runs. */
import { execFile } from "node:child_process";
import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "@sockeye/cluster/testing";
import { transform } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const docs = join(root, "docs");
// Below node_modules, so that the programs find the packages as a user's would.
const scratch = join(root, "node_modules/.cache/docs");
/** In milliseconds: ends a program that hangs, and no other, however busy the machine is. */
const LONGEST = 60_000;

const pages = (await readdir(docs)).filter((name) => name.endsWith(".md"));

beforeAll(() => mkdir(scratch, { recursive: true }));

async function codeOf(page: string, fence: string): Promise<string[]> {
  const text = await readFile(page, "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${fence}\n(.*?)^\`\`\`$`, "gms"))].map(([, code = ""]) => code);
}

async function compile(name: string, code: string): Promise<string> {
  const file = join(scratch, `${name}.mjs`);
  await writeFile(file, (await transform(code, { loader: "ts", format: "esm" })).code);
  return file;
}

for (const page of pages) {
  const programs = await codeOf(join(docs, page), "ts run");
  describe.runIf(programs.length)(page, () => {
    programs.forEach((code, index) => {
      const title = code.match(/^(?:const|import .* from) .*$/m)?.[0] ?? "program";
      test(
        `program ${index + 1} runs to its end (${title})`,
        async () => {
          const file = await compile(`${page}-${index}`, code);
          const { stderr } = await run(process.execPath, [file], { timeout: LONGEST });
          expect(stderr).toBe("");
        },
        LONGEST,
      );
    });
  });
}

test(
  "the README's first app works",
  async () => {
    const [server = "", client = ""] = await codeOf(join(root, "README.md"), "ts");
    const port = await freePort();
    const program = [
      server.replace("3000", `${port}, "127.0.0.1"`),
      client.replaceAll(/localhost:3000/g, `127.0.0.1:${port}`),
      "socket.disconnect(); await io.close();",
    ].join("\n");
    // One process plays both parts, so the two names must not meet.
    const file = await compile(
      "first-app",
      program.replace("{ io } from", "{ io as connect } from").replace("= io(", "= connect("),
    );
    const { stdout } = await run(process.execPath, [file], { timeout: LONGEST });
    expect(stdout).toBe("Hello, Ada\n");
  },
  LONGEST,
);

/** As GitHub and the site name the headings of a page. */
function anchorsOf(markdown: string): Set<string> {
  const prose = markdown.replaceAll(/^```.*?^```$/gms, "");
  const anchors = new Set<string>();
  for (const [, title = ""] of prose.matchAll(/^#+ (.+)$/gm)) {
    const name = title
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}_ -]/gu, "")
      .replaceAll(" ", "-");
    // A second heading of the same name has a number.
    let anchor = name;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${name}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

interface Site {
  themeConfig: { sidebar: { items: { link: string }[] }[] };
}

describe("links", () => {
  test.each([join(root, "README.md"), ...pages.map((name) => join(docs, name))])(
    "of %s lead somewhere",
    async (page) => {
      const text = await readFile(page, "utf8");
      for (const [, link = ""] of text.matchAll(/\]\((?!https?:)([^)\s]+)/g)) {
        const [path, anchor] = link.split("#") as [string, string?];
        const target = path ? join(dirname(page), path) : page;
        await expect(access(target), link).resolves.toBeUndefined();
        // The site has no other files.
        if (page.startsWith(docs)) expect(target.startsWith(docs), `${link} is within docs`).toBe(true);
        if (anchor) expect(anchorsOf(await readFile(target, "utf8")), link).toContain(anchor);
      }
    },
  );

  test("of the site's sidebar lead to every page, and to nothing else", async () => {
    const { default: site }: { default: Site } = await import(join(docs, ".vitepress/config.mjs"));
    const links = site.themeConfig.sidebar.flatMap(({ items }) => items.map(({ link }) => link.slice(1)));
    expect(links.map((name) => `${name || "index"}.md`).sort()).toEqual([...pages].sort());
  });
});
