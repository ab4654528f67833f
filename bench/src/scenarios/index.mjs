/** All questions, in the order of the tables. */
import { scenario as binary } from "./binary.mjs";
import { scenario as broadcast } from "./broadcast.mjs";
import { scenario as client } from "./client.mjs";
import { clusterScenarios } from "./cluster.mjs";
import { scenario as codec } from "./codec.mjs";
import { scenario as connect } from "./connect.mjs";
import { scenario as echo } from "./echo.mjs";
import { scenario as growth } from "./growth.mjs";
import { scenario as idle } from "./idle.mjs";
import { scenario as latency } from "./latency.mjs";
import { scenario as msg } from "./msg.mjs";
import { scenario as polling } from "./polling.mjs";
import { scenario as room } from "./room.mjs";
import { scenario as scale } from "./scale.mjs";
import { scenario as storm } from "./storm.mjs";
import { scenario as touch } from "./touch.mjs";

export const scenarios = [
  echo,
  msg,
  broadcast,
  room,
  binary,
  polling,
  connect,
  idle,
  growth,
  touch,
  latency,
  storm,
  client,
  codec,
  scale,
  ...clusterScenarios,
];
