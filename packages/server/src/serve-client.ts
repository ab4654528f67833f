/** The client's files, under the server's path, by their exact names. */
import { createReadStream, existsSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream";
import { createBrotliCompress, createDeflate, createGzip } from "node:zlib";

const FILE = /^(?:socket\.io|sockeye)(?:\.msgpack\.min|\.esm\.min|\.min)?\.js(?:\.map)?$/;

/** Where the bundles are looked for, if the application has installed them: the client is no dependency. */
const CLIENT = "@sockeye/client/package.json";

const manifest = new URL("../package.json", import.meta.url);

const COMPRESSIONS = { br: createBrotliCompress, gzip: createGzip, deflate: createDeflate };
type Encoding = keyof typeof COMPRESSIONS;

export class ClientFiles {
  readonly #directory: string | undefined;
  readonly #etag: string;

  /** @param directory holds the bundles; by default that of the installed client package */
  constructor(directory: string | undefined = clientDirectory()) {
    this.#directory = directory;
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    this.#etag = `"${version}"`;
  }

  /** The name of the file that a URL means, if it is one of the client's below the path. */
  static nameIn(url: string, path: string): string | undefined {
    if (!url.startsWith(`${path}/`)) return undefined;
    const [name = ""] = url.slice(path.length + 1).split("?", 1);
    return FILE.test(name) ? name : undefined;
  }

  serve(name: string, request: IncomingMessage, response: ServerResponse): void {
    const file = this.#directory && join(this.#directory, name);
    if (!file || !existsSync(file)) {
      response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" });
      response.end(`${name}: the client's bundles are not installed (npm install @sockeye/client)\n`);
      return;
    }
    response.setHeader("ETag", this.#etag);
    response.setHeader("Cache-Control", "public, max-age=0");
    if (this.#isKnown(request.headers["if-none-match"])) {
      response.writeHead(304);
      response.end();
    } else sendFile(file, request, response);
  }

  #isKnown(tags: string | undefined): boolean {
    return (tags ?? "").split(",").some((tag) => tag.trim().replace(/^W\//, "") === this.#etag);
  }
}

/** Where the client is installed: beside the server, or in the application that runs. */
function clientDirectory(): string | undefined {
  for (const from of [import.meta.url, join(process.cwd(), "package.json")]) {
    try {
      return join(dirname(createRequire(from).resolve(CLIENT)), "dist");
    } catch {
      // Not there; a client may well come from elsewhere.
    }
  }
  return undefined;
}

function sendFile(file: string, request: IncomingMessage, response: ServerResponse): void {
  const type = file.endsWith(".map") ? "application/json" : "application/javascript";
  response.setHeader("Content-Type", `${type}; charset=utf-8`);
  response.setHeader("Vary", "Accept-Encoding");
  const source = createReadStream(file);
  const encoding = acceptedEncoding(String(request.headers["accept-encoding"] ?? ""));
  // A client that goes away in the middle is no error.
  const done = (): void => {};
  if (encoding) {
    response.writeHead(200, { "Content-Encoding": encoding });
    pipeline(source, COMPRESSIONS[encoding](), response, done);
  } else {
    response.writeHead(200);
    pipeline(source, response, done);
  }
}

/** The best of the codings that a request accepts. */
function acceptedEncoding(header: string): Encoding | undefined {
  const accepted = header
    .split(",")
    .map((part) => part.trim().split(/\s*;\s*/))
    .filter(([, quality = ""]) => !/^q=0(\.0*)?$/.test(quality))
    .map(([name]) => name);
  return (Object.keys(COMPRESSIONS) as Encoding[]).find((name) => accepted.includes(name));
}
