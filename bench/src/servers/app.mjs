/** The application under load, for every server with the Socket.IO interface: the same lines for all of them. */

/**
 * @typedef {object} AppSocket
 * @property {(event: string, listener: (...args: any[]) => void) => unknown} on
 * @property {(event: string, ...args: unknown[]) => unknown} emit
 * @property {(room: string) => unknown} join
 * @property {(room: string) => unknown} leave
 */
/**
 * @typedef {object} AppServer
 * @property {(event: "connection", listener: (socket: any) => void) => unknown} on
 * @property {(event: string, ...args: unknown[]) => unknown} emit
 * @property {(room: string) => { emit: (event: string, ...args: unknown[]) => unknown }} to
 * @property {(room: string) => { fetchSockets: () => Promise<unknown[]> }} in
 * @property {{ sockets: Map<string, AppSocket> }} sockets
 */

/** Sockets that `touches` works with, however many there are. */
const few = 10;

/**
 * @param {AppServer} io
 * @returns {import("../answers.mjs").Questions} what the process can be asked to do by itself
 */
export function serve(io) {
  io.on("connection", (/** @type {AppSocket} */ socket) => {
    socket.on("echo", (data, ack) => ack(data));
    socket.on("msg", (data) => socket.emit("msg", data));
    socket.on("join", async (room, ack) => {
      // Of a cluster: until then nothing comes from other servers.
      await socket.join(room);
      ack();
    });
    socket.on("all", (data) => io.emit("news", data));
    socket.on("room", (room, data) => io.to(room).emit("news", data));
  });
  return touches(io);
}

/**
 * Work on a few sockets, which must cost the same among any number of others.
 * @param {AppServer} io
 * @returns {import("../answers.mjs").Questions}
 */
function touches(io) {
  const chosen = () => {
    /** @type {AppSocket[]} */
    const sockets = [];
    for (const socket of io.sockets.sockets.values()) if (sockets.push(socket) === few) break;
    return sockets;
  };
  return {
    joinAndLeave: (/** @type {number} */ count) => {
      const sockets = chosen();
      for (let i = 0; i < count; i++) {
        const socket = /** @type {AppSocket} */ (sockets[i % sockets.length]);
        // Another room each time: V8's maps are slow for one key that comes and goes.
        socket.join(`touched ${i}`);
        socket.leave(`touched ${i}`);
      }
      return count;
    },
    fetchFew: async (/** @type {number} */ count) => {
      for (const socket of chosen()) socket.join("few");
      for (let i = 0; i < count; i++) await io.in("few").fetchSockets();
      return count;
    },
  };
}
