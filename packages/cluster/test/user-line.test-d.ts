/** The lines that users write compile. */
import { type ClusterState, cluster, Emitter } from "@sockeye/cluster";
import { nats } from "@sockeye/nats";
import { redis } from "@sockeye/redis";
import { Server } from "@sockeye/server";
import { Redis } from "ioredis";
import { connect } from "nats";
import { createClient } from "redis";

interface Events {
  hello: (name: string, times: number) => void;
}

new Server({ adapter: cluster(redis(new Redis())) });
new Server({ adapter: cluster(redis(createClient(), { sharded: true }), { prefix: "chat" }) });
const io = new Server({ adapter: cluster(nats(await connect())) });

io.of("/").adapter.on("cluster_state", (state: ClusterState) => state.bus === "down");

const emitter = new Emitter<Events, { reload: () => void }>(redis(new Redis()));
emitter.to("room").except(["a", "b"]).volatile.emit("hello", "Ada", 3);
emitter.of("/chat").serverSideEmit("reload");
emitter.in("room").socketsJoin(["x"]);
// @ts-expect-error there is no such event
emitter.emit("nothing");
// @ts-expect-error a number of times is missing
emitter.emit("hello", "Ada");
// @ts-expect-error this is an event for clients
emitter.serverSideEmit("hello", "Ada", 3);
