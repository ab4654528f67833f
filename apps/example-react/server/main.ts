/** The process: the built page and the lists, on one port. */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { serve } from "./serve.ts";

const port = Number(process.env.PORT ?? 3000);
const http = createServer(sirv(fileURLToPath(new URL("../page", import.meta.url))));
serve(http);
http.listen(port, () => console.log(`http://localhost:${port}`));
