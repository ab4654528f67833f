/** Long-polling on node:http and node:https, with agents, TLS options and cookies. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { Timer } from "@sockeye/core";
import { connectionOptions, type NodeHome, requestHeaders } from "./platform.node.ts";
import { Polling } from "./polling.ts";

export class NodePolling extends Polling {
  doPoll(): void {
    this.request_("poll", undefined, (body) => this.onData(body));
  }

  doWrite(data: string, callback: () => void): void {
    this.request_("post", data, () => callback());
  }

  private request_(kind: "poll" | "post", body: string | undefined, done: (body: string) => void): void {
    const { opts } = this;
    const home: NodeHome = opts.socket;
    const clock = home.clock_;
    let timer: Timer;
    const fail = (error: unknown): void => this.fail_(kind, 0, String(error));
    const request = (opts.secure ? httpsRequest : httpRequest)(this.uri(), {
      ...connectionOptions(opts),
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "*/*",
        ...(body === undefined ? {} : { "content-type": "text/plain;charset=UTF-8" }),
        ...requestHeaders(opts),
      },
      signal: this.abort_.signal,
    });
    request.on("error", fail).on("close", () => clock.clearTimeout(timer));
    request.on("response", (response: IncomingMessage) => {
      home._cookieJar?.parseCookies(response.headers["set-cookie"]);
      const { statusCode = 0 } = response;
      text(response).then((answer) => {
        if (statusCode === 200) done(answer);
        else this.fail_(kind, statusCode, answer);
      }, fail);
    });
    if (opts.requestTimeout)
      timer = clock.setTimeout(() => request.destroy(new Error("timeout")), opts.requestTimeout);
    if (opts.autoUnref) request.on("socket", (socket) => socket.unref());
    request.end(body);
  }
}
