/** On the server: streams the app, whose late part waits for `ready`. */
import type { Writable } from "node:stream";
import { StrictMode } from "react";
import { renderToPipeableStream } from "react-dom/server";
import { App } from "./app.tsx";

// As Vite's plugin puts it into pages that it makes; the page is alive before its last part has come.
const START = `import("/@react-refresh").then(({ injectIntoGlobalHook }) => {
  injectIntoGlobalHook(window);
  window.$RefreshReg$ = () => {};
  window.$RefreshSig$ = () => (type) => type;
  return import("/entry-client.tsx");
});`;

/** @param onError what React could not render, and leaves to the browser */
export function stream(
  search: string,
  ready: Promise<unknown>,
  out: Writable,
  onError: (error: unknown) => void,
): void {
  const late = (): Promise<typeof import("./late.tsx")> => ready.then(() => import("./late.tsx"));
  const { pipe } = renderToPipeableStream(
    <StrictMode>
      <App search={search} late={late} />
    </StrictMode>,
    { bootstrapScriptContent: START, onShellReady: () => void pipe(out), onError },
  );
}
