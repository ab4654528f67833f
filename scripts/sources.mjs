/** Modules as the tests see them: the sources, without a build. */
import { createServer, defaultServerConditions } from "vite";

/** Hands the module at a URL to a task, and cleans up after it. */
export async function withSource(url, task) {
  const vite = await createServer({
    configFile: false,
    logLevel: "error",
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    ssr: { noExternal: [/^@sockeye\//], resolve: { conditions: ["source", ...defaultServerConditions] } },
  });
  try {
    await task(await vite.ssrLoadModule(url.pathname));
  } finally {
    await vite.close();
  }
}
