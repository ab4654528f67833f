/** A server watched by Socket.IO's admin UI, as its documentation sets it up. */
import { createServer } from "node:http";
import { instrument } from "@socket.io/admin-ui";
import { Server } from "socket.io";

const httpServer = createServer();
const io = new Server(httpServer);
instrument(io, { auth: false, mode: "development" });

io.on("connection", (socket) => {
  socket.join("lobby");
  socket.on("echo", (value, callback) => callback(value));
});

httpServer.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${httpServer.address().port}`));
