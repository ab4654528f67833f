/** Chromium, and pages bundled from the sources. */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Server } from "@sockeye/server";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { onTestFinished } from "vitest";

const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS.split(" ") });

/** A page's script as one text. */
export async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`app/${entry}`, import.meta.url))],
    bundle: true,
    format: "iife",
    platform: "browser",
    conditions: ["source"],
    define: { "process.env.NODE_ENV": '"production"' },
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

const HTML = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Devtools</title><style>body { margin: 12px; background: light-dark(#e9ecf0, #05080b); color-scheme: light dark }
sockeye-devtools { height: calc(100vh - 24px) }</style><main></main><script src="/page.js"></script>`;

export interface Place {
  io: Server;
  http: HttpServer;
  url: string;
}

/** A server of the page, which ends with the test. */
export async function serve(
  script: string,
  options: ConstructorParameters<typeof Server>[1] = {},
): Promise<Place> {
  const http = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : HTML);
  });
  const io = new Server(http, { serveClient: false, ...options });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => io.close());
  return { io, http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}
