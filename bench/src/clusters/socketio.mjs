/** A process of a cluster of socket.io. */

import { make } from "./make-socketio.mjs";
import { introduce } from "./node.mjs";

introduce(make);
