/** The package engine.io-client, by its names. */
import { Socket, type SocketOptions } from "@sockeye/client/engine";

export * from "@sockeye/client/engine";

/** The connection that moves to a better transport. */
export class SocketWithUpgrade extends Socket {}

/** The connection that stays on the transport which it was opened on. */
export class SocketWithoutUpgrade extends Socket {
  constructor(uri?: string | SocketOptions, opts?: SocketOptions) {
    const given = typeof uri === "object" ? uri : opts;
    super(typeof uri === "object" ? undefined : uri, { ...given, upgrade: false });
  }
}
