/** Two workers behind @socket.io/sticky: each session's requests find the worker that has it. */
import cluster from "node:cluster";
import { createServer } from "node:http";
import { setupMaster, setupWorker } from "@socket.io/sticky";
import { Server } from "socket.io";

if (cluster.isPrimary) {
  const httpServer = createServer();
  setupMaster(httpServer, { loadBalancingMethod: "round-robin" });
  let ready = 0;
  cluster.on("message", (_worker, message) => {
    if (message === "ready" && ++ready === 2)
      httpServer.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${httpServer.address().port}`));
  });
  // Keeps Buffers what they are between the processes.
  cluster.setupPrimary({ serialization: "advanced" });
  for (let count = 0; count < 2; count += 1) cluster.fork();
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit();
  });
} else {
  const io = new Server(createServer());
  setupWorker(io);
  io.on("connection", (socket) => socket.on("who", (callback) => callback(process.pid)));
  process.send("ready");
}
