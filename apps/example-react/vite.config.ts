/** Nothing here is for Sockeye. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The server's build leaves packages for Node.js to load.
  ssr: { external: true },
});
