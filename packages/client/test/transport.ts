/** A transport without a network: the test plays the server, and the clock is its own. */
import { FakeClock } from "@sockeye/core/testing";
import type { EngineOptions } from "../src/engine/options.ts";
import { Session } from "../src/engine/session.ts";
import { Transport } from "../src/engine/transport.ts";
import { type UpgradeHome, upgrade } from "../src/engine/upgrade.ts";
import type { RaceOptions } from "../src/sockeye/options.ts";
import { type EngineCtor, racing } from "../src/sockeye/session.ts";
import { Polling } from "../src/transports/polling.ts";
import type { EnginePacket } from "../src/wire/engine.ts";

export const HANDSHAKE = {
  sid: "abc",
  upgrades: [],
  pingInterval: 25000,
  pingTimeout: 20000,
  maxPayload: 100,
};

export class TestTransport extends Transport {
  /** The transports made since the test began. */
  static made: TestTransport[] = [];
  /** What was written, one array for each write. */
  readonly written: EnginePacket[][] = [];
  closed = false;
  onPaused: (() => void) | undefined;

  get name(): string {
    return "polling";
  }

  doOpen(): void {
    TestTransport.made.push(this);
  }

  doClose(): void {
    this.closed = true;
  }

  write(packets: EnginePacket[]): void {
    this.writable = false;
    this.written.push(packets);
  }

  override upgrade_(session: UpgradeHome, names: string[]): void {
    upgrade(session, names);
  }

  override fitting_(packets: EnginePacket[], maxPayload: number | undefined): EnginePacket[] {
    return Polling.prototype.fitting_.call(this, packets, maxPayload);
  }

  override pause(onPause: () => void): void {
    this.onPaused = onPause;
  }

  /** The server accepts the connection. */
  accept(handshake: object = HANDSHAKE): this {
    this.onOpen();
    this.receive("open", JSON.stringify(handshake));
    return this;
  }

  receive(type: EnginePacket["type"], data?: string): void {
    this.onPacket({ type, data });
  }

  /** What was written has arrived. */
  drain(): void {
    this.writable = true;
    this.emitReserved("drain");
  }

  fail(): void {
    this.onError("test error");
  }

  end(): void {
    this.onClose();
  }

  get types(): string[] {
    return this.written.flat().map(({ type, data }) => (data ? `${type} ${data}` : type));
  }
}

export class BetterTransport extends TestTransport {
  override get name(): string {
    return "websocket";
  }
}

/** Engine clients: of the core, and of the default entry. */
export const engines: [string, EngineCtor][] = [
  ["core", Session as EngineCtor],
  ["everything", racing(Session as EngineCtor)],
];

/** A session over test transports, the first of which is asked to open. */
export function session(
  options: EngineOptions & RaceOptions = {},
  Engine: EngineCtor = racing(Session as EngineCtor),
): {
  socket: Session;
  transport: TestTransport;
  clock: FakeClock;
} {
  const clock = new FakeClock();
  TestTransport.made = [];
  const socket = new Engine("http://host", {
    clock,
    transportImplementations: [TestTransport, BetterTransport],
    ...options,
  });
  return { socket, transport: TestTransport.made[0] as TestTransport, clock };
}
