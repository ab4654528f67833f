/** `npm run check`: everything about the code that can be told without running it. */
import { check } from "./checks.mjs";
import { build } from "./install.mjs";

build();
await check();
