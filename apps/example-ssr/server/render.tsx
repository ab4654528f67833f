/** Streams the document. */
import type { ServerResponse } from "node:http";
import { renderToPipeableStream } from "react-dom/server";
import { App } from "../src/app.tsx";
import { NEEDS_CONNECTION, type PageData } from "../src/events.ts";

export function render(data: PageData, response: ServerResponse): void {
  const { pipe, abort } = renderToPipeableStream(<App {...data} />, {
    // As JSON in a script; "<" could end it.
    bootstrapScriptContent: `window.pageData = ${JSON.stringify(data).replaceAll("<", "\\u003c")}`,
    bootstrapModules: ["/client.js"],
    onShellReady() {
      response.setHeader("content-type", "text/html; charset=utf-8");
      pipe(response);
    },
    onShellError(error) {
      console.error(error);
      response.writeHead(500).end("Internal server error");
    },
    onError(error) {
      if (error instanceof Error && error.message === "There is no connection on a server")
        return NEEDS_CONNECTION;
      console.error(error);
      return "";
    },
  });
  response.on("close", () => abort());
}
