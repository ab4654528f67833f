/** The chat of Socket.IO's tutorial: CommonJS, Express, one HTTP server for both. */
const { createServer } = require("node:http");
const express = require("express");
const { Server } = require("socket.io");

const app = express();
const server = createServer(app);
const io = new Server(server, { connectionStateRecovery: {} });

app.get("/", (_request, response) => response.send("<h1>Hello world</h1>"));
app.post("/announce", express.json(), (request, response) => {
  io.emit("chat message", request.body.text, "announcement");
  response.sendStatus(204);
});

// Engine middlewares are Express middlewares: this one sets a header as helmet() would.
io.engine.use((_request, response, next) => {
  response.setHeader("x-powered-by", "fish");
  next();
});

io.on("connection", (socket) => {
  socket.on("chat message", (text, clientOffset, callback) => {
    io.emit("chat message", text, clientOffset);
    callback();
  });
});

server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
