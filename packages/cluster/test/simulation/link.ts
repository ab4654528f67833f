/** A connection between a client and a server: the server's end is a socket of an Engine.IO server. */
import { EventEmitter } from "node:events";
import type { Process, World } from "./world.ts";

/** What becomes of what comes. */
interface LinkHome {
  /** The server has a new connection. */
  opened(server: ServerEnd): void;
  /** The server has written it; whether it arrives is another question. */
  written(data: string): void;
  /** The client has received it. */
  received(data: string): void;
  /** The client has noticed that the connection has ended. */
  ended(): void;
}

let links = 0;

/** What a server needs of an engine socket. */
export class ServerEnd extends EventEmitter {
  readonly id: string = `link${++links}`;
  readonly protocol = 4;
  readonly request: object = { headers: {}, connection: {}, url: "/" };
  readonly transport: object = { writable: true };
  readyState: "open" | "closed" = "open";
  readonly link: Link;

  constructor(link: Link) {
    super();
    this.link = link;
  }

  send(data: string): void {
    if (this.readyState === "open") this.link.write(data);
  }

  close(): void {
    this.lose("forced close");
    this.link.end();
  }

  lose(reason: string): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.emit("close", reason);
  }
}

export class Link {
  readonly server: ServerEnd = new ServerEnd(this);
  readonly #world: World;
  readonly #process: Process;
  readonly #home: LinkHome;
  readonly #latest = { up: 0, down: 0 };
  #isBroken = false;
  #hasEnded = false;

  constructor(world: World, process: Process, home: LinkHome) {
    this.#world = world;
    this.#process = process;
    this.#home = home;
    this.#travel("up", process, () => home.opened(this.server));
  }

  /** Server to client. */
  write(data: string): void {
    this.#home.written(data);
    this.#travel("down", undefined, () => {
      if (!this.#hasEnded) this.#home.received(data);
    });
  }

  /** Client to server. */
  send(data: string): void {
    this.#travel("up", this.#process, () => this.server.emit("data", data));
  }

  /** The server has closed it; what it wrote before arrives. */
  end(): void {
    this.#travel("down", undefined, () => this.#end());
  }

  /** The client closes it; what it sent before arrives. */
  close(): void {
    this.#travel("up", this.#process, () => this.server.lose("transport close"));
    this.#end();
  }

  /** Nothing gets through any longer; both sides notice after so many milliseconds. */
  break(noticed: { client: number; server: number }): void {
    this.#isBroken = true;
    this.#world.later(noticed.client, undefined, () => this.#end());
    this.#world.later(noticed.server, this.#process, () => this.server.lose("transport close"));
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#home.ended();
  }

  #travel(way: "up" | "down", process: Process | undefined, arrive: () => void): void {
    if (this.#isBroken) return;
    const at = Math.max(this.#latest[way], this.#world.now + this.#world.chance.skewed(0.2, 100));
    this.#latest[way] = at;
    this.#world.later(at - this.#world.now, process, () => {
      if (!this.#isBroken) arrive();
    });
  }
}
