/** Long-polling on node:http and node:https, with agents, TLS options and cookies. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { connectionOptions, type NodeHome, requestHeaders } from "./platform.node.ts";
import { Polling } from "./polling.ts";

/** Until when a connection that has served a request may be used for another one. */
const usableUntil = new WeakMap<Socket, number>();

/** Why a request was not made on the connection that it was given. */
const STALE = new Error("the server may be closing this connection");

export class NodePolling extends Polling {
  /** @internal */
  override async request_(body: string | undefined): Promise<[status: number, text: string]> {
    for (;;) {
      try {
        return await this.#request(body);
      } catch (error) {
        if (error !== STALE) throw error;
      }
    }
  }

  #request(body: string | undefined): Promise<[status: number, text: string]> {
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
      request.on("socket", (socket) => {
        if (opts.autoUnref) socket.unref();
        if (request.reusedSocket && isStale(socket)) request.destroy(STALE);
      });
      request.on("response", (response: IncomingMessage) => {
        keep(response);
        home._cookieJar?.parseCookies(response.headers["set-cookie"]);
        text(response).then((answer) => resolve([response.statusCode ?? 0, answer]), reject);
      });
      request.end(body);
    });
  }
}

/**
 * A server closes a connection that is idle for the time that it names (RFC 9112, 9.6), and resets it when a request is under
 * way just then. Node.js ends such connections by a timer, which is late when a handler or a long message keeps the
 * process busy. A request that was reset cannot be made again: it may have been served.
 */
function isStale(socket: Socket): boolean {
  return performance.now() > (usableUntil.get(socket) ?? Infinity);
}

/** Remembers for how long the server keeps the connection: less than it says, as the next request takes time to arrive. */
function keep({ headers, socket }: IncomingMessage): void {
  const [, seconds] = /\btimeout=(\d+)/.exec(`${headers["keep-alive"]}`) ?? [];
  if (seconds) usableUntil.set(socket, performance.now() + Number(seconds) * 800);
}
