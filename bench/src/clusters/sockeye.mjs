/** A process of a cluster of our servers. */

import { make } from "./make-sockeye.mjs";
import { introduce } from "./node.mjs";

introduce(make);
