/** The application under load, for every server with the Socket.IO interface: the same lines for all of them. */

/**
 * @typedef {object} AppSocket
 * @property {(event: string, listener: (...args: any[]) => void) => unknown} on
 * @property {(event: string, ...args: unknown[]) => unknown} emit
 * @property {(room: string) => unknown} join
 */
/**
 * @typedef {object} AppServer
 * @property {(event: "connection", listener: (socket: any) => void) => unknown} on
 * @property {(event: string, ...args: unknown[]) => unknown} emit
 * @property {(room: string) => { emit: (event: string, ...args: unknown[]) => unknown }} to
 */

/** @param {AppServer} io */
export function serve(io) {
  io.on("connection", (/** @type {AppSocket} */ socket) => {
    socket.on("echo", (data, ack) => ack(data));
    socket.on("msg", (data) => socket.emit("msg", data));
    socket.on("join", (room, ack) => {
      socket.join(room);
      ack();
    });
    socket.on("all", (data) => io.emit("news", data));
    socket.on("room", (room, data) => io.to(room).emit("news", data));
  });
}
