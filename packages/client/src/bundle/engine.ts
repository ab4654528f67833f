/** engine.io.js: the engine client as a script, `eio(uri, options)`. */
import { Socket, type SocketOptions } from "../engine/index.ts";
import { publish } from "./publish.ts";

publish("eio", (uri?: string | SocketOptions, opts?: SocketOptions) => new Socket(uri, opts));
