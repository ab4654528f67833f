/** The types fit those they are meant to take the place of. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { expectTypeOf } from "vitest";
import type { PerMessageDeflateOptions as WsDeflateOptions } from "ws";
import {
  type PerMessageDeflateOptions,
  PreparedFrames,
  Refusal,
  type WebSocketConnection,
  WebSocketServer,
} from "../src/index.ts";

expectTypeOf<Omit<WsDeflateOptions, "zlibDeflateOptions">>().toExtend<PerMessageDeflateOptions>();
new WebSocketServer({
  perMessageDeflate: { zlibDeflateOptions: { level: 1, memLevel: 4 } },
});
// @ts-expect-error the size of a window is a number
new WebSocketServer({ perMessageDeflate: { serverMaxWindowBits: "15" } });

declare const request: IncomingMessage;
declare const socket: Duplex;
const accepted = new WebSocketServer().accept(request, socket, new Uint8Array());
expectTypeOf(accepted).toEqualTypeOf<WebSocketConnection | Refusal>();
if (!(accepted instanceof Refusal)) {
  accepted.send("text");
  accepted.send(new Uint8Array(), false);
  accepted.send(new PreparedFrames(["text", new Uint8Array()]));
  // @ts-expect-error a message is text or bytes
  accepted.send({ type: "text" });
  // @ts-expect-error a handler is complete
  accepted.handler = { received() {} };
}
