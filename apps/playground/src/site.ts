/** A playground that can be restarted: the process stays, its server closes and comes back at the same port. */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChatServer } from "./chat.ts";
import { Histories } from "./histories.ts";
import { type PlaygroundOptions, serve } from "./serve.ts";

export interface SiteOptions extends Omit<PlaygroundOptions, "restart" | "histories"> {
  /** 0 takes a free one. */
  port: number;
  /** How long the server is away when it is restarted, in milliseconds. Default 3000. */
  away?: number;
}

export class Site {
  readonly #options: SiteOptions;
  /** Outlives the servers, as a database would. */
  readonly #histories = new Histories();
  #port: number;
  #io: ChatServer | undefined;
  #http: HttpServer | undefined;
  #back: NodeJS.Timeout | undefined;
  #restarting = false;

  constructor(options: SiteOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** @throws Error EADDRINUSE and what else an HTTP server may fail with */
  async open(): Promise<void> {
    const http: HttpServer = createServer();
    const restart = (): void => void this.restart();
    const io = serve(http, { ...this.#options, histories: this.#histories, restart });
    http.listen(this.#port, "localhost");
    await once(http, "listening");
    this.#port = (http.address() as AddressInfo).port;
    this.#io = io;
    this.#http = http;
  }

  async restart(): Promise<void> {
    if (this.#restarting) return;
    this.#restarting = true;
    await this.#shut();
    this.#back = setTimeout(async () => {
      await this.open();
      this.#restarting = false;
    }, this.#options.away ?? 3000);
  }

  async close(): Promise<void> {
    clearTimeout(this.#back);
    await this.#shut();
  }

  async #shut(): Promise<void> {
    const closed = this.#io?.close();
    // Browsers open connections before they need them; Node.js does not take those for idle, and would wait a minute.
    setImmediate(() => this.#http?.closeAllConnections());
    await closed;
  }
}
