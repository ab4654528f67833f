/** HTTP long-polling, whatever makes the requests: one GET waits for packets, one POST carries them. */
import type { Timer } from "@sockeye/core";
import { Transport } from "../engine/transport.ts";
import { probe, type UpgradeHome } from "../engine/upgrade.ts";
import { byteLength, decodePayload, type EnginePacket, encodePayload, type RawData } from "../wire/engine.ts";

/** Engine.IO protocol, "HTTP long-polling". */
export abstract class Polling extends Transport {
  protected readonly abort_: AbortController = new AbortController();
  declare private timer_: Timer;
  private polling_ = false;
  private onPause_: () => void = () => {};

  get name(): string {
    return "polling";
  }

  doOpen(): void {
    this.poll_();
  }

  override upgrade_(session: UpgradeHome, name: string): void {
    probe(session, name);
  }

  /** The server takes no longer body than it has said. */
  override fitting_(packets: EnginePacket[], maxPayload: number | undefined = Infinity): EnginePacket[] {
    let size = -1;
    const end = packets.findIndex(({ data }, at) => {
      size += 2 + byteLength(data, true);
      return at && size > maxPayload;
    });
    return packets.slice(0, end < 0 ? undefined : end);
  }

  override pause(onPause: () => void): void {
    this.readyState = "pausing";
    this.onPause_ = onPause;
    this.rest_();
  }

  /** Whether the pause that was asked for has begun: nothing is under way. */
  private rest_(): void {
    if (this.readyState !== "pausing" || this.polling_ || !this.writable) return;
    this.readyState = "paused";
    this.onPause_();
  }

  override resume(): void {
    if (this.readyState === "closed") return;
    this.readyState = "open";
    this.poll_();
  }

  private poll_(): void {
    if (this.polling_) return;
    this.polling_ = true;
    this.doPoll();
    this.emitReserved("poll");
  }

  override onData(data: RawData): void {
    for (const packet of decodePayload(data, this.toBinary_)) {
      if (packet.type === "close") {
        this.onClose({ description: "transport closed by the server", context: { code: +packet.data } });
      }
      const closed = this.readyState === "closed";
      if (packet.type === "open") {
        if (!closed) this.onOpen();
        else {
          // Closed while the handshake was under way: now there is a session that the server can be told to close.
          this.query.sid = JSON.parse(packet.data).sid;
          this.doClose();
        }
      }
      if (closed) return;
      this.onPacket(packet);
    }
    this.polling_ = false;
    this.emitReserved("pollComplete");
    if (this.readyState === "open") this.poll_();
    this.rest_();
  }

  doClose(): void {
    // A network that is gone answers nothing.
    this.timer_ ??= this.socket.clock_.setTimeout(this.end_, 5000);
    if (this.query.sid) this.once("drain", this.end_).write([{ type: "close" }]);
  }

  /** Ends all requests. */
  private end_ = (): void => {
    this.socket.clock_.clearTimeout(this.timer_);
    this.abort_.abort();
  };

  write(packets: EnginePacket[]): void {
    this.writable = false;
    encodePayload(packets).then((body) => {
      this.doWrite(body, () => {
        this.drained_();
        this.rest_();
      });
    });
  }

  protected uri(): string {
    return this.uri_("http", this.opts.timestampRequests !== false);
  }

  /** Reports a request that failed. */
  protected fail_(kind: "poll" | "post", status: number, responseText: string): void {
    this.end_();
    this.onError(`xhr ${kind} error`, status, { status, responseText });
  }

  /** MUST call `onData` with the body of the answer, or `onError`. */
  abstract doPoll(): unknown;
  /** MUST call back when the body has been taken, or `onError`. */
  abstract doWrite(data: string, callback: () => void): unknown;
}
