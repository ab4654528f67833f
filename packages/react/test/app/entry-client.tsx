/** In the browser: a page of its own, or one that a server has rendered. */
import { StrictMode } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { App } from "./app.tsx";

declare global {
  interface Window {
    /** What React could repair. */
    recovered: string[];
  }
}

window.recovered = [];
const app = (
  <StrictMode>
    <App search={location.search} late={() => import("./late.tsx")} />
  </StrictMode>
);
const root = document.getElementById("root") as HTMLElement;
if (root.hasChildNodes()) {
  hydrateRoot(root, app, { onRecoverableError: (error) => window.recovered.push(String(error)) });
} else createRoot(root).render(app);
