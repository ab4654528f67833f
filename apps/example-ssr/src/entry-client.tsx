/** In the browser: brings the server's HTML to life. */
import { hydrateRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { NEEDS_CONNECTION, type PageData } from "./events.ts";

declare global {
  interface Window {
    pageData: PageData;
  }
}

hydrateRoot(document, <App {...window.pageData} />, {
  onRecoverableError(error) {
    // What was meant for the browser is no error of the server.
    if ((error as { digest?: string }).digest !== NEEDS_CONNECTION) reportError(error);
  },
});
