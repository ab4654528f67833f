/** A program for Node's cluster as Socket.IO's documentation shows it: three workers that talk to each other. */
const cluster = require("node:cluster");
const { createAdapter, setupPrimary } = require("@socket.io/cluster-adapter");
const { Server } = require("socket.io");

const WORKERS = 3;

async function work() {
  const io = new Server({ adapter: createAdapter() });
  io.on("ping", (answer) => answer("pong"));
  if (cluster.worker.id !== 1) return;
  while ((await io.of("/").adapter.serverCount()) < WORKERS)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const answers = await io.serverSideEmitWithAck("ping");
  const face = io.of("/").adapter instanceof require("socket.io-adapter").Adapter;
  process.send({ result: { servers: await io.of("/").adapter.serverCount(), answers, face } });
}

if (cluster.isPrimary) {
  setupPrimary();
  for (let count = 0; count < WORKERS; count++) cluster.fork();
  cluster.on("message", (_, { result }) => {
    if (!result) return;
    process.stdout.write(JSON.stringify(result), () => process.exit());
  });
} else work();
