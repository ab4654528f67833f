/** `npm run docs`: the guides as a site, in docs/.vitepress/dist. */
import { install, run } from "./install.mjs";

install();
run("npm", ["run", "--silent", "--workspace", "docs", "site"]);
