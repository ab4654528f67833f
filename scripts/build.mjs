/** `npm run build`: everything that is published or run. */
import { build, install } from "./install.mjs";

install();
build();
