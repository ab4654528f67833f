/** A client as recovery knows it: its secret id, the offset of what it has received last, and a connection or none. */
import type { Link } from "./link.ts";

/** Who is told what a client learns. */
export interface ClientWatch {
  /** A server has let it in, and says whether its session goes on. */
  welcomed(client: Client, isRecovered: boolean): void;
  received(client: Client, id: number): void;
  /** Its connection has ended. */
  lost(client: Client): void;
}

export class Client {
  readonly name: string;
  pid: string | undefined;
  offset: string | undefined;
  link: Link | undefined;
  /** Whether a server has let it in by this connection. */
  isIn = false;
  readonly #watch: ClientWatch;

  constructor(name: string, watch: ClientWatch) {
    this.name = name;
    this.#watch = watch;
  }

  open(link: Link): void {
    this.link = link;
    const { pid, offset } = this;
    link.send(pid === undefined ? "0" : `0${JSON.stringify({ pid, offset })}`);
  }

  /** Leaves for good; whoever comes by this name later is somebody else. */
  leave(): void {
    this.pid = this.offset = undefined;
    this.link?.send("1");
    this.link?.close();
  }

  receive(link: Link, data: string): void {
    if (link !== this.link) return;
    if (data[0] === "0") this.#welcomed(JSON.parse(data.slice(1)) as { pid: string });
    else if (data[0] === "2") this.#heard(JSON.parse(data.slice(1)) as [string, number, string?]);
  }

  ended(link: Link): void {
    if (link !== this.link) return;
    this.link = undefined;
    this.isIn = false;
    this.#watch.lost(this);
  }

  #welcomed({ pid }: { pid: string }): void {
    const isRecovered = pid === this.pid;
    this.pid = pid;
    this.isIn = true;
    this.#watch.welcomed(this, isRecovered);
  }

  #heard([, id, offset]: [string, number, string?]): void {
    this.#watch.received(this, id);
    // As clients of Socket.IO do.
    if (this.pid !== undefined && typeof offset === "string") this.offset = offset;
  }
}
