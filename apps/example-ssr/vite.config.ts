/** The page's script under a name that the server knows; there is no index.html. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig(({ isSsrBuild }) => ({
  plugins: [react()],
  // The server's build leaves packages for Node.js to load.
  ssr: { external: true },
  build: isSsrBuild
    ? {}
    : {
        outDir: "dist/page",
        rolldownOptions: {
          input: "src/entry-client.tsx",
          output: { entryFileNames: "client.js" },
        },
      },
}));
