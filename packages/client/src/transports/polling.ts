/** HTTP long-polling on fetch(), or what a subclass makes requests with: one GET waits for packets, one POST carries them. */
import type { Timer } from "@sockeye/core";
import { Transport } from "../engine/transport.ts";
import { type UpgradeHome, upgrade } from "../engine/upgrade.ts";
import { byteLength, decodePayload, type EnginePacket, encodePayload, type RawData } from "../wire/engine.ts";

/** Engine.IO protocol, "HTTP long-polling". */
export class Polling extends Transport {
  protected readonly abort_: AbortController = new AbortController();
  declare private timer_: Timer;
  private polling_ = false;
  private onPause_: (() => void) | undefined;

  get name(): string {
    return "polling";
  }

  doOpen(): void {
    this.poll_();
  }

  override upgrade_(session: UpgradeHome, upgrades: string[]): void {
    upgrade(session, upgrades);
  }

  /** The server takes no longer body than it has said. */
  override fitting_(packets: EnginePacket[], maxPayload: number | undefined = Infinity): EnginePacket[] {
    let size = -1;
    return packets.filter(({ data }, at) => {
      size += 2 + byteLength(data, true);
      return !at || size <= maxPayload;
    });
  }

  override pause(onPause: () => void): void {
    this.onPause_ = onPause;
    this.rest_();
  }

  /** Begins the pause that was asked for, once nothing is under way. */
  private rest_(): void {
    if (!this.polling_ && this.writable) this.onPause_?.();
  }

  override resume(): void {
    if (this.readyState === "closed") return;
    this.onPause_ = undefined;
    this.poll_();
  }

  private poll_(): void {
    if (this.polling_) return;
    this.polling_ = true;
    this.exchange_("poll", (text) => this.onData(text));
    this.emitReserved("poll");
  }

  override onData(data: RawData): void {
    for (const packet of decodePayload(data, this.toBinary_)) {
      if (packet.type === "close") {
        this.onClose({ description: "transport closed by the server", context: packet });
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
    if (this.readyState === "open" && !this.onPause_) this.poll_();
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
      this.exchange_(
        "post",
        () => {
          this.drained_();
          this.rest_();
        },
        body,
      );
    });
  }

  /** Makes a request, and passes on what it is answered. */
  private async exchange_(kind: "poll" | "post", done: (text: string) => void, body?: string): Promise<void> {
    const { clock_: clock } = this.socket;
    const { requestTimeout } = this.opts;
    const timer = requestTimeout && clock.setTimeout(() => this.abort_.abort(), requestTimeout);
    const [status, text] = await this.request_(body).catch((error) => [0, `${error}`] as const);
    clock.clearTimeout(timer);
    if (status === 200) done(text);
    else {
      // It is closed by that, and has nothing to wait for.
      this.onError(`xhr ${kind} error`, status, { status, responseText: text }).end_();
    }
  }

  /** @internal The URL of a request. */
  url_(): string {
    return this.uri_("http", this.opts.timestampRequests !== false);
  }

  /** @internal Makes one request, a GET without a body: the status and the text of its answer. Rejects when there is none. */
  async request_(body: string | undefined): Promise<[status: number, text: string]> {
    const { extraHeaders, withCredentials } = this.opts;
    const response = await fetch(this.url_(), {
      method: body && "POST",
      body,
      headers: extraHeaders,
      credentials: withCredentials ? "include" : undefined,
      signal: this.abort_.signal,
    } as RequestInit);
    return [response.status, await response.text()];
  }
}
