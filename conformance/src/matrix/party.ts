/** Who meets in a row of the matrix: a server, a guest, and the stage that most rows share. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { enter, type Guest, type Visit, type Visitor } from "../guest.ts";
import { mapBinary } from "../line-json.ts";
import type { ServerKind } from "../server-kinds.ts";
import type { Stage, StageOptions } from "../stage.ts";
import { TcpProxy } from "../tcp-proxy.ts";

export class Party {
  readonly server: ServerKind;
  readonly guest: Guest;
  readonly #options: StageOptions;
  readonly #stages: Stage[] = [];
  readonly #proxies: TcpProxy[] = [];
  #shared: Stage | undefined;

  constructor(server: ServerKind, guest: Guest) {
    this.server = server;
    this.guest = guest;
    this.#options = { msgpack: guest.traits.msgpack, server: { allowEIO3: guest.traits.eio === 3 } };
  }

  get stage(): Stage {
    if (!this.#shared) throw new Error("the shared stage is not open");
    return this.#shared;
  }

  async begin(): Promise<void> {
    const server = { ...this.#options.server, maxHttpBufferSize: 20_000_000 };
    this.#shared = await this.server.open({ ...this.#options, server });
  }

  /** Rows may run beside each other: what they have opened is closed when all are through. */
  async end(): Promise<void> {
    // Before the guest is asked to go: it may wait for answers that a frozen line would never bring.
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await this.guest.dismiss();
    await Promise.all(this.#stages.map((stage) => stage.clear()));
    await this.#shared?.clear();
  }

  /** A stage of its own for this row, with other options. */
  async open(server: StageOptions["server"] = {}): Promise<Stage> {
    const stage = await this.server.open({
      ...this.#options,
      server: { ...this.#options.server, ...server },
    });
    this.#stages.push(stage);
    return stage;
  }

  async proxyTo(stage: Stage): Promise<TcpProxy> {
    const proxy = await TcpProxy.before(stage.url);
    this.#proxies.push(proxy);
    return proxy;
  }

  enter(visit?: Visit, url: string = this.stage.url): Promise<Visitor> {
    return enter(this.guest, url, visit);
  }

  /** Several visitors, each on a connection of its own. */
  crowd(count: number, visit?: Visit): Promise<Visitor[]> {
    return Promise.all(Array.from({ length: count }, () => this.enter(visit)));
  }
}

/** All rows of a chapter for this server and this guest. */
export function describeParty(
  server: ServerKind,
  guest: Guest,
  chapters: Array<(party: Party) => void>,
): void {
  describe(`${guest.name} x ${server.name}`, () => {
    const party = new Party(server, guest);
    // Some begin with several processes.
    beforeAll(() => party.begin(), 30_000);
    afterAll(() => party.end());
    for (const chapter of chapters) chapter(party);
  });
}

/** Comparable values: binary of any type becomes its content, a long one its length and digest. */
export function plain(value: unknown): unknown {
  return mapBinary(value, (bytes) => (bytes.length > 64 ? digest(bytes) : { hex: bytes.toString("hex") }));
}

const digest = (bytes: Buffer): object => ({
  length: bytes.length,
  sha1: createHash("sha1").update(bytes).digest("hex"),
});

const pattern = Buffer.from(Array.from({ length: 1021 }, (_, index) => (index * 7) & 255));

/** Every byte value, with a period that fits no power of two. */
export const bytesOf = (length: number): Buffer => Buffer.alloc(length, pattern);

export interface Identity {
  id: string;
  nsp: string;
  auth: Record<string, unknown>;
  query: Record<string, unknown>;
  transport: string;
  rooms: string[];
  data: Record<string, unknown>;
  recovered: boolean;
}

export async function identify(visitor: Visitor): Promise<Identity> {
  const [identity] = await visitor.call("whoami");
  return identity as Identity;
}

/** A promise that all packets sent before to this visitor have arrived. */
export const fence = (visitor: Visitor): Promise<unknown[]> => visitor.call("echo", "fence");
