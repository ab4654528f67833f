/** WebSocket: one frame per packet, in both directions. */
import { PayloadTooLargeError } from "../engine/payload-limit.ts";
import type { MessageData, PreparedMessage } from "../engine/prepared.ts";
import type { EngineRequest } from "../engine/request.ts";
import { type Packet, Transport } from "../engine/transport.ts";
import { type Wire, wireV3, wireV4 } from "./wire.ts";
import type { WebSocketConnection, WebSocketEngine, WebSocketHandler } from "./ws-port.ts";

/** What all WebSocket transports of a server have in common. */
export interface WebSocketSettings {
  readonly engine: WebSocketEngine;
  readonly perMessageDeflate: boolean | object;
  readonly maxPayload: number;
  /** Told to clients that are sent away; default: that all is well. */
  closeCode?: number;
}

/** The character "4": a message. */
const MESSAGE = 52;

export class WebSocket extends Transport implements WebSocketHandler {
  settings: WebSocketSettings;
  readonly #connection: WebSocketConnection;

  constructor(request: EngineRequest, connection: WebSocketConnection, settings: WebSocketSettings) {
    super(request);
    this.#connection = connection;
    this.settings = settings;
    this.writable = true;
    connection.tellsDrain = false;
    connection.handler = this;
  }

  get name(): string {
    return "websocket";
  }

  get handlesUpgrades(): boolean {
    return true;
  }

  get perMessageDeflate(): boolean | object {
    return this.settings.perMessageDeflate;
  }

  override get bufferedAmount(): number {
    return this.#connection.bufferedAmount;
  }

  get #wire(): Wire {
    return this.protocol === 4 ? wireV4 : wireV3;
  }

  override send(packets: Packet[]): void {
    for (const packet of packets) {
      const compress = packet.options?.compress === true;
      if (packet.prepared) this.writePrepared(packet.prepared, compress);
      else this.#connection.send(this.#wire.encode(packet), compress);
    }
  }

  override write(data: MessageData, compress: boolean): void {
    if (typeof data === "string") this.#connection.send(`4${data}`, compress);
    else this.#connection.send(this.#wire.encode({ type: "message", data }), compress);
  }

  override writePrepared(message: PreparedMessage, compress: boolean): void {
    if (this.protocol === 4) this.#connection.send(message.framesBy(this.settings.engine), compress);
    else for (const data of message.messages) this.write(data, compress);
  }

  override awaitDrain(): void {
    this.#connection.tellsDrain = true;
  }

  protected override listened(event: string | symbol): void {
    if (event === "drain") this.awaitDrain();
  }

  override doClose(fn?: () => void): void {
    this.#connection.close(this.settings.closeCode);
    fn?.();
  }

  // --- what the connection tells ---

  received(frame: string | Buffer): void {
    if (this._readyState !== "open") return;
    if (typeof frame !== "string" && this.protocol === 4) this.onMessage(frame);
    else if (typeof frame === "string" && frame.charCodeAt(0) === MESSAGE) this.onMessage(frame.slice(1));
    else this.#receiveOther(frame);
  }

  #receiveOther(frame: string | Buffer): void {
    const packet = this.#decode(frame);
    if (packet) this.onPacket(packet);
  }

  #decode(frame: string | Buffer): Packet | undefined {
    try {
      return this.#wire.decode(frame) as Packet;
    } catch (error) {
      this.fail("parse error", error);
      return undefined;
    }
  }

  drained(): void {
    this.#connection.tellsDrain = this.hears("drain");
    this.onDrain();
  }

  failed(error: Error & { code?: unknown }): void {
    const tooLarge =
      error.code === "ERR_MESSAGE_TOO_BIG" || error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    if (tooLarge)
      this.fail("transport error", new PayloadTooLargeError(this.settings.maxPayload, sizeOf(error), error));
    else this.onError(error.message, error);
  }

  closed(): void {
    this.onClose();
  }
}

function sizeOf(error: object): number | undefined {
  return "size" in error && typeof error.size === "number" ? error.size : undefined;
}
