/** One kibibyte of binary with ack: what do attachments cost? */
import { openCrowd } from "../load/crowd.mjs";
import { exchange } from "../load/exchange.mjs";
import { binary, frame } from "../load/frames.mjs";
import { costPerAnswer } from "../scenario.mjs";
import { webSocketServers } from "../subjects.mjs";

const inFlight = 10;

export const scenario = costPerAnswer({
  name: "binary",
  label: "1 KiB binary echo",
  subjects: webSocketServers,
  sizes: {
    full: { connections: 100, warmUp: 20_000, count: 40_000 },
    quick: { connections: 100, warmUp: 8_000, count: 12_000 },
    tiny: { connections: 4, warmUp: 40, count: 200 },
  },
});

/** @param {{ port: number, size: { connections: number } }} options */
export async function load({ port, size }) {
  const clients = await openCrowd({ port, connections: size.connections });
  const attachment = frame(new Uint8Array(1_024).fill(7));
  const questions = Array.from({ length: inFlight }, (_, id) => {
    const event = frame(`451-${id}["echo",{"_placeholder":true,"num":0}]`);
    return Buffer.concat([event, attachment]);
  });
  // Answers of one connection come in the order of its questions, so any of the equal questions may follow.
  let slot = 0;
  const onAttachment = () => {
    slot = (slot + 1) % inFlight;
    return slot;
  };
  return { ask: exchange(clients, questions, (opcode) => (opcode === binary ? onAttachment() : -1)) };
}
