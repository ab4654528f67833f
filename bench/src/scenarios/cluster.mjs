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
 * What both questions have in common. The servers stay from sample to sample: a new one compiles for seconds, and theirs
 * and ours would be compared at that.
 * @param {typeof buses[number]} bus
 * @param {string} key
 * @param {import("../scenario.mjs").Size} size
 * @returns {Pick<import("../scenario.mjs").Scenario, "name" | "kind" | "bus" | "subjects" | "fresh" | "onRequest" | "sizes" | "warmUp">}
 */
function clusterOf({ name, subjects }, key, size) {
  return {
    name: key,
    kind: "clusters",
    bus: name,
    subjects,
    fresh: false,
    onRequest: ["full", "quick", "tiny"],
    sizes: {
      full: { ...size, warmUp: 40_000, count: 40_000, seconds: 6 },
      quick: { ...size, warmUp: 20_000, count: 20_000, seconds: 3 },
      tiny: { ...size, rooms: Math.min(size.rooms ?? 0, 16), warmUp: 16, count: 64, seconds: 20 },
    },
    warmUp: (stage, { warmUp = 0, seconds = 0 }) => say(stage, warmUp, seconds),
  };
}

/**
 * So many messages, or those of so many seconds.
 * @param {import("../stage.mjs").Stage} stage
 * @param {number} count
 * @param {number} seconds
 * @returns {Promise<{ said: number, milliseconds: number }>}
 */
function say(stage, count, seconds) {
  return stage.do("say", { count, seconds });
}

/**
 * Traffic in rooms that have a member on every server; each server speaks in its share of them.
 * @param {typeof buses[number]} bus
 * @param {number} nodes
 * @returns {import("../scenario.mjs").Scenario}
 */
function exchangeOf(bus, nodes) {
  const key = `cluster-${bus.name}-${nodes}`;
  const what = `${bus.label}, ${nodes} servers`;
  return {
    ...clusterOf(bus, key, { nodes, rooms: 16, everywhere: true }),
    figures: () => [
      { key, label: `${what}: CPU of all servers, per message`, unit: "µs" },
      { key: `${key}-engine`, label: `${what}: CPU of the engine, per message`, unit: "µs" },
      { key: `${key}-rate`, label: `${what}: messages per second (more is better)`, unit: "1/s" },
    ],
    measure: async (stage, { count = 0, seconds = 0 }) => {
      const before = await stage.clusterVitals();
      const { said, milliseconds } = await say(stage, count, seconds);
      const after = await stage.clusterVitals();
      return {
        [key]: (sum(after.cpus) - sum(before.cpus)) / said,
        [`${key}-engine`]: (after.engine - before.engine) / said,
        [`${key}-rate`]: (said / milliseconds) * 1_000,
      };
    },
  };
}

/**
 * Traffic in 1,000 rooms of the first of four servers: whatever the others do about it is in vain.
 * @param {typeof buses[number]} bus
 * @returns {import("../scenario.mjs").Scenario}
 */
function interestOf(bus) {
  const key = `cluster-interest-${bus.name}`;
  const what = `${bus.label}, 1,000 rooms of one server of 4`;
  return {
    ...clusterOf(bus, key, { nodes: 4, rooms: 1_000, everywhere: false }),
    figures: () => [
      { key, label: `${what}: CPU of each other one, per message`, unit: "µs" },
      { key: `${key}-bytes`, label: `${what}: received by each other one, per message`, unit: "bytes" },
      { key: `${key}-own`, label: `${what}: CPU of that one, per message`, unit: "µs" },
    ],
    measure: async (stage, { count = 0, seconds = 0 }) => {
      const before = await stage.clusterVitals();
      const { said } = await say(stage, count, seconds);
      const after = await stage.clusterVitals();
      const grown = (/** @type {number[]} */ now, /** @type {number[]} */ then) =>
        now.map((value, index) => (value - Number(then[index])) / said);
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
  ...buses.flatMap((bus) => [2, 3, 4].map((nodes) => exchangeOf(bus, nodes))),
  ...buses.filter(({ name }) => interested.includes(name)).map(interestOf),
];

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Messages on their way in each room, and in all of them at most. */
const inFlight = 4;
const mostInFlight = 64;

/** Seconds without any delivery after which one is lost: then its room would wait for ever. */
const silence = 10;

/** @param {{ ports: number[], size: { rooms: number, everywhere: boolean } }} options */
export async function load({ ports, size }) {
  const places = size.everywhere ? ports : ports.slice(0, 1);
  const rooms = await inParallel(size.rooms, 50, async (index) => {
    const members = await Promise.all(places.map((port) => enter(port, `room-${index}`)));
    return new Room(`room-${index}`, members, index % members.length);
  });
  return {
    say: (/** @type {{ count: number, seconds: number }} */ { count, seconds }) =>
      sayIn(rooms, count, seconds * 1_000),
  };
}

/**
 * @param {Room[]} rooms
 * @param {number} count
 * @param {number} most milliseconds
 */
async function sayIn(rooms, count, most) {
  const start = performance.now();
  const before = sum(rooms.map(({ said }) => said));
  // Few enough rooms at a time; each takes its turn.
  const lanes = Math.min(rooms.length, Math.floor(mostInFlight / inFlight));
  const share = Math.ceil(count / rooms.length);
  await heard(
    rooms,
    inParallel(rooms.length, lanes, (index) => /** @type {Room} */ (rooms[index]).say(share, start + most)),
  );
  return { said: sum(rooms.map(({ said }) => said)) - before, milliseconds: performance.now() - start };
}

/**
 * Waits for what is said, as long as anything is heard of it.
 * @param {Room[]} rooms
 * @param {Promise<unknown>} speech
 */
async function heard(rooms, speech) {
  let [before, quiet] = [-1, 0];
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const lost = new Promise((_, reject) => {
    timer = setInterval(() => {
      const now = sum(rooms.map(({ deliveries }) => deliveries));
      quiet = now === before ? quiet + 1 : 0;
      before = now;
      const waiting = rooms.filter(({ isWaiting }) => isWaiting).map(({ name }) => name);
      if (quiet >= silence) reject(new Error(`nothing was heard for ${silence} s; ${waiting} wait`));
    }, 1_000);
  });
  try {
    await Promise.race([speech, lost]);
  } finally {
    clearInterval(timer);
  }
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
  name;
  said = 0;
  #speaker;
  #line;
  /** @type {number[]} how much each member has heard */
  #heard;
  #wanted = 0;
  #until = 0;
  #done = () => {};

  /**
   * @param {string} name
   * @param {WebSocketClient[]} members
   * @param {number} speaker
   */
  constructor(name, members, speaker) {
    this.name = name;
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

  get deliveries() {
    return sum(this.#heard);
  }

  get isWaiting() {
    return Math.min(...this.#heard) < this.said;
  }

  /**
   * @param {number} count
   * @param {number} until nothing new is said after this moment
   */
  say(count, until) {
    this.#wanted += count;
    this.#until = until;
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#next();
    });
  }

  #next() {
    const heard = Math.min(...this.#heard);
    if (performance.now() > this.#until) this.#wanted = this.said;
    while (this.said < this.#wanted && this.said - heard < inFlight) {
      this.said++;
      this.#speaker.queue(this.#line);
    }
    this.#speaker.flush();
    if (heard === this.#wanted) this.#done();
  }
}
