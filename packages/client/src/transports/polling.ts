/** HTTP long-polling, whatever makes the requests: one GET waits for packets, one POST carries them. */
import type { Untyped } from "@sockeye/core";
import { Transport } from "../engine/transport.ts";
import { decodePayload, type EnginePacket, encodePayload, type RawData } from "../wire/engine.ts";

/** Engine.IO protocol, "HTTP long-polling". */
export abstract class Polling extends Transport {
  private polling_ = false;
  /** Ends all requests. */
  protected readonly abort_: AbortController = new AbortController();

  get name(): string {
    return "polling";
  }

  doOpen(): void {
    this.poll_();
  }

  override pause(onPause: () => void): void {
    this.readyState = "pausing";
    let waiting = 1;
    const done = (): void => {
      if (--waiting || this.readyState !== "pausing") return;
      this.readyState = "paused";
      onPause();
    };
    for (const [event, busy] of [
      ["pollComplete", this.polling_],
      ["drain", !this.writable],
    ] as const) {
      if (busy) {
        waiting++;
        this.once(event, done);
      }
    }
    done();
  }

  override resume(): void {
    if (!this.readyState.startsWith("paus")) return;
    this.readyState = "open";
    if (!this.polling_) this.poll_();
  }

  private poll_(): void {
    this.polling_ = true;
    this.doPoll();
    this.emitReserved("poll");
  }

  override onData(data: RawData): void {
    for (const packet of decodePayload(data, this.toBinary_)) {
      if (packet.type === "open") {
        // Closed while the handshake was under way: the server is told, now that there is a session to close.
        if (this.readyState === "closed") this.abandon_(packet.data);
        else this.onOpen();
      }
      if (this.readyState === "closed") return;
      if (packet.type === "close") return this.onClose({ description: "transport closed by the server" });
      this.onPacket(packet);
    }
    this.polling_ = false;
    this.emitReserved("pollComplete");
    if (this.readyState === "open" && !this.polling_) this.poll_();
  }

  private abandon_(handshake: string): void {
    this.query.sid = JSON.parse(handshake).sid;
    this.write([{ type: "close" }]);
  }

  doClose(): void {
    if (this.readyState !== "opening") this.write([{ type: "close" }]);
    // An answered close ends the waiting GET too; a network that is gone answers nothing.
    this.socket.clock_.setTimeout(() => this.abort_.abort(), 5000);
  }

  write(packets: EnginePacket[]): void {
    this.writable = false;
    encodePayload(packets).then((body) => {
      this.doWrite(body, () => {
        this.writable = true;
        this.emitReserved("drain");
      });
    });
  }

  protected uri(): string {
    return this.uri_("http", this.opts.timestampRequests !== false);
  }

  /** Reports a request that failed. */
  protected fail_(kind: "poll" | "post", status: number, responseText: string): void {
    this.onError(`xhr ${kind} error`, status, { status, responseText } as Untyped);
  }

  /** MUST call `onData` with the body of the answer, or `onError`. */
  abstract doPoll(): unknown;
  /** MUST call back when the body has been taken, or `onError`. */
  abstract doWrite(data: string, callback: () => void): unknown;
}
