/** Messages between servers: what does one cost all of them, and their engine? And what do those pay whom it is not for? */
import { inParallel } from "../load/crowd.mjs";
import { payload } from "../load/exchange.mjs";
import { frame } from "../load/frames.mjs";
import { WebSocketClient } from "../load/websocket-client.mjs";

/** @typedef {import("../subjects.mjs").Subject} Subject */

/**
 * What servers talk over, and who has an adapter for it. A bus without memory comes before the log of its engine.
 * @type {Array<{ name: string, label: string, subjects: Subject[], keeps?: boolean }>}
 */
export const buses = [
  { name: "workers", label: "node:cluster", subjects: ["sockeye", "socketio"] },
  { name: "redis", label: "Redis pub/sub", subjects: ["sockeye", "socketio"] },
  { name: "sharded", label: "Redis sharded pub/sub", subjects: ["sockeye", "socketio"] },
  { name: "streams", label: "Redis Streams", subjects: ["sockeye", "socketio"] },
  { name: "nats", label: "NATS", subjects: ["sockeye"] },
  { name: "jetstream", label: "NATS JetStream", subjects: ["sockeye"] },
  { name: "postgres", label: "PostgreSQL", subjects: ["sockeye", "socketio"] },
  { name: "postgreslog", label: "PostgreSQL, tables", subjects: ["sockeye"] },
];

/**
 * Traffic in rooms that have a member on every server; each server speaks in its share of them.
 * @param {typeof buses[number]} bus
 * @param {number} nodes
 * @returns {import("../scenario.mjs").Scenario}
 */
function exchangeOf({ name, label, subjects }, nodes) {
  const key = `cluster-${name}-${nodes}`;
  const what = `${label}, ${nodes} servers`;
  const size = { nodes, rooms: 16, everywhere: true };
  return {
    name: key,
    kind: "clusters",
    bus: name,
    subjects,
    fresh: true,
    onRequest: ["full", "quick", "tiny"],
    sizes: {
      full: { ...size, warmUp: 12_000, count: 24_000 },
      quick: { ...size, warmUp: 6_000, count: 8_000 },
      tiny: { ...size, warmUp: 16, count: 64 },
    },
    figures: () => [
      { key, label: `${what}: CPU of all servers, per message`, unit: "µs" },
      { key: `${key}-engine`, label: `${what}: CPU of the engine, per message`, unit: "µs" },
      { key: `${key}-rate`, label: `${what}: messages per second (more is better)`, unit: "1/s" },
    ],
    warmUp: (stage, { warmUp }) => stage.do("say", warmUp),
    measure: async (stage, { count }) => {
      const before = await stage.clusterVitals();
      const milliseconds = await stage.do("say", count);
      const after = await stage.clusterVitals();
      return {
        [key]: (sum(after.cpus) - sum(before.cpus)) / Number(count),
        [`${key}-engine`]: (after.engine - before.engine) / Number(count),
        [`${key}-rate`]: (Number(count) / milliseconds) * 1_000,
      };
    },
  };
}

/**
 * Traffic in 1,000 rooms of the first of four servers: whatever the others do about it is in vain.
 * @param {typeof buses[number]} bus
 * @returns {import("../scenario.mjs").Scenario}
 */
function interestOf({ name, label, subjects }) {
  const key = `cluster-interest-${name}`;
  const what = `${label}, 1,000 rooms of one server of 4`;
  const size = { nodes: 4, rooms: 1_000, everywhere: false };
  return {
    name: key,
    kind: "clusters",
    bus: name,
    subjects,
    fresh: true,
    onRequest: ["full", "quick", "tiny"],
    sizes: {
      full: { ...size, warmUp: 12_000, count: 40_000 },
      quick: { ...size, warmUp: 6_000, count: 10_000 },
      tiny: { ...size, rooms: 10, warmUp: 10, count: 50 },
    },
    figures: () => [
      { key, label: `${what}: CPU of each other one, per message`, unit: "µs" },
      { key: `${key}-bytes`, label: `${what}: received by each other one, per message`, unit: "bytes" },
      { key: `${key}-own`, label: `${what}: CPU of that one, per message`, unit: "µs" },
    ],
    warmUp: (stage, { warmUp }) => stage.do("say", warmUp),
    measure: async (stage, { count }) => {
      const before = await stage.clusterVitals();
      await stage.do("say", count);
      const after = await stage.clusterVitals();
      const grown = (/** @type {number[]} */ now, /** @type {number[]} */ then) =>
        now.map((value, index) => (value - Number(then[index])) / Number(count));
      const [own = 0, ...others] = grown(after.cpus, before.cpus);
      const [, ...bytes] = grown(after.received, before.received);
      return {
        [key]: sum(others) / others.length,
        [`${key}-bytes`]: sum(bytes) / bytes.length,
        [`${key}-own`]: own,
      };
    },
  };
}

/** Not those of node:cluster, whose primary takes everything, nor of `pg`, which does not show its sockets. */
const interested = ["redis", "sharded", "streams", "nats", "jetstream"];

export const clusterScenarios = [
  ...buses.flatMap((bus) => [2, 4].map((nodes) => exchangeOf(bus, nodes))),
  ...buses.filter(({ name }) => interested.includes(name)).map(interestOf),
];

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Messages on their way in each room, and in all of them at most. */
const inFlight = 4;
const mostInFlight = 64;

/** @param {{ ports: number[], size: { rooms: number, everywhere: boolean } }} options */
export async function load({ ports, size }) {
  const places = size.everywhere ? ports : ports.slice(0, 1);
  const rooms = await inParallel(size.rooms, 50, async (index) => {
    const members = await Promise.all(places.map((port) => enter(port, `room-${index}`)));
    return new Room(`room-${index}`, members, index % members.length);
  });
  return {
    say: async (/** @type {number} */ count) => {
      const start = performance.now();
      // Few enough rooms at a time; each takes its turn.
      const lanes = Math.min(rooms.length, Math.floor(mostInFlight / inFlight));
      const share = Math.ceil(count / rooms.length);
      await inParallel(rooms.length, lanes, (index) => /** @type {Room} */ (rooms[index]).say(share));
      return performance.now() - start;
    },
  };
}

/**
 * A client in a room, when the server has confirmed that.
 * @param {number} port
 * @param {string} room
 */
async function enter(port, room) {
  const client = new WebSocketClient({ port });
  await client.connected();
  await new Promise((resolve) => {
    client.onMessage = () => resolve(undefined);
    client.queue(frame(`420${JSON.stringify(["join", room])}`));
    client.flush();
  });
  return client;
}

/** Says so many things in a room, each a while after every member has heard an earlier one. */
class Room {
  #speaker;
  #line;
  /** @type {number[]} how much each member has heard */
  #heard;
  #said = 0;
  #wanted = 0;
  #done = () => {};

  /**
   * @param {string} name
   * @param {WebSocketClient[]} members
   * @param {number} speaker
   */
  constructor(name, members, speaker) {
    this.#speaker = /** @type {WebSocketClient} */ (members[speaker]);
    this.#line = frame(`42${JSON.stringify(["room", name, payload])}`);
    this.#heard = members.map(() => 0);
    for (const [index, member] of members.entries()) {
      member.onMessage = () => {
        this.#heard[index] = Number(this.#heard[index]) + 1;
        this.#next();
      };
    }
  }

  /** @param {number} count */
  say(count) {
    this.#wanted += count;
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#next();
    });
  }

  #next() {
    const heard = Math.min(...this.#heard);
    while (this.#said < this.#wanted && this.#said - heard < inFlight) {
      this.#said++;
      this.#speaker.queue(this.#line);
    }
    this.#speaker.flush();
    if (heard === this.#wanted) this.#done();
  }
}
