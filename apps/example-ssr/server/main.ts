/** The process: a headline every ten seconds. */
import { fileURLToPath } from "node:url";
import { serve } from "./serve.ts";

const port = Number(process.env.PORT ?? 3000);
const { http, publish } = serve(fileURLToPath(new URL("../page", import.meta.url)));
http.listen(port, () => console.log(`http://localhost:${port}`));
setInterval(() => publish(`It is ${new Date().toLocaleTimeString()}`), 10_000);
