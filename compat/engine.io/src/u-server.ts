/** The one name of engine.io that has nothing behind it here. */

/** An engine for µWebSockets.js, which Sockeye does not serve: its own WebSocket layer is as fast. */
export class uServer {
  /** @throws Error always */
  constructor() {
    throw new Error(
      "uServer: µWebSockets.js is not supported; use Server, whose own WebSocket layer is as fast",
    );
  }
}
