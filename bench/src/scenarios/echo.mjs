/** Event with ack: what does one call cost when ten of them are in flight on each of 100 connections? */
import { openCrowd } from "../load/crowd.mjs";
import { ackSlot, exchange, payload } from "../load/exchange.mjs";
import { frame } from "../load/frames.mjs";
import { costPerAnswer } from "../scenario.mjs";
import { webSocketServers } from "../subjects.mjs";

const inFlight = 10;

export const scenario = costPerAnswer({
  name: "echo",
  label: "event with ack, 10 in flight",
  subjects: [...webSocketServers, "net"],
  sizes: {
    full: { connections: 100, warmUp: 40_000, count: 100_000 },
    quick: { connections: 100, warmUp: 20_000, count: 30_000 },
    tiny: { connections: 4, warmUp: 40, count: 200 },
  },
});

/** @param {{ port: number, size: { connections: number } }} options */
export async function load({ port, size }) {
  const clients = await openCrowd({ port, connections: size.connections });
  const questions = Array.from({ length: inFlight }, (_, id) =>
    frame(`42${id}${JSON.stringify(["echo", payload])}`),
  );
  return { ask: exchange(clients, questions, (_opcode, buffer, start) => ackSlot(buffer, start)) };
}
