/** Long-polling on node:http and node:https, with agents, TLS options and cookies. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { connectionOptions, type NodeHome, requestHeaders } from "./platform.node.ts";
import { Polling } from "./polling.ts";

export class NodePolling extends Polling {
  /** @internal */
  override request_(body: string | undefined): Promise<[status: number, text: string]> {
    const { opts } = this;
    const home: NodeHome = opts.socket;
    return new Promise((resolve, reject) => {
      const request = (opts.secure ? httpsRequest : httpRequest)(this.url_(), {
        ...connectionOptions(opts),
        method: body === undefined ? "GET" : "POST",
        headers: {
          accept: "*/*",
          ...(body === undefined ? {} : { "content-type": "text/plain;charset=UTF-8" }),
          ...requestHeaders(opts),
        },
        signal: this.abort_.signal,
      });
      request.on("error", reject);
      request.on("response", (response: IncomingMessage) => {
        home._cookieJar?.parseCookies(response.headers["set-cookie"]);
        text(response).then((answer) => resolve([response.statusCode ?? 0, answer]), reject);
      });
      if (opts.autoUnref) request.on("socket", (socket) => socket.unref());
      request.end(body);
    });
  }
}
