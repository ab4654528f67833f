/** The engine client, of either platform, that begins with a race and tells what it hands to its transports. */
import type { Timer } from "@sockeye/core";
import type { EngineOptions } from "../engine/options.ts";
import { byPreference, type Session } from "../engine/session.ts";
import type { Transport } from "../engine/transport.ts";
import type { EnginePacket } from "../wire/engine.ts";
import type { RaceOptions } from "./options.ts";

/** A timer that fires this much too late, in milliseconds, slept: what came meanwhile must be read first. */
const GRACE = 1000;

/** An engine client. */
export type EngineCtor = new (
  uri?: string | (EngineOptions & RaceOptions),
  opts?: EngineOptions & RaceOptions,
) => Session;

/** Adds the option `connect: "race"`, the event "sent" and a respite after sleep to an engine client. */
export function racing(Engine: EngineCtor): EngineCtor {
  return class extends Engine {
    // Declared only: the first transport is opened before fields of this class could be set.
    declare readonly opts: EngineOptions & RaceOptions;
    declare private headStart_: Timer;
    /** Whether the ping was overdue, and may still be read. */
    declare private respite_: boolean;

    override createTransport(name: string): Transport {
      const transport = super.createTransport(name);
      const { send } = transport;
      transport.send = (packets: EnginePacket[]) => {
        this.emitReserved("sent", packets, transport);
        send.call(transport, packets);
      };
      return transport;
    }

    override open_(): void {
      const { connect, raceDelay = 300 } = this.opts;
      if (connect && !this.headStart_) {
        this.untried_.sort(byPreference);
        this.headStart_ = this.clock_.setTimeout(() => this.open_(), raceDelay);
      }
      if (this.untried_.length) super.open_();
    }

    override choose_(kept?: Transport): void {
      this.clock_.clearTimeout(this.headStart_);
      super.choose_(kept);
    }

    override setTransport(transport: Transport): void {
      if (this.readyState === "opening") this.candidates_.push(transport);
      super.setTransport(transport);
    }

    override onPacket_(packet: EnginePacket, transport: Transport): void {
      if (packet.type === "open") {
        this.choose_(transport);
        this.candidates_ = [];
        this.transport = transport;
      }
      super.onPacket_(packet, transport);
    }

    override watch_(): void {
      this.respite_ = false;
      super.watch_();
    }

    override expire_(): void {
      if (this.clock_.now() > this.deadline_ + GRACE) this.spare_();
      else super.expire_();
    }

    override _hasPingExpired(): boolean {
      const expired = this.clock_.now() > this.deadline_;
      if (expired) this.spare_();
      return expired;
    }

    /** The page or the machine slept: pings that came meanwhile are still to be read. Asking again puts nothing off. */
    private spare_(): void {
      if (this.respite_) return;
      this.respite_ = true;
      this.clock_.clearTimeout(this.timer_);
      this.timer_ = this.clock_.setTimeout(() => super.expire_(), GRACE);
    }

    override onError_(error: Error, transport: Transport): void {
      const racers = this.candidates_;
      // The others go on, or are started.
      if (this.opts.connect && this.readyState === "opening" && racers.length + this.untried_.length > 1) {
        racers.splice(racers.indexOf(transport), 1);
        transport.off().close();
        if (!racers.length) this.open_();
      } else super.onError_(error, transport);
    }
  };
}
