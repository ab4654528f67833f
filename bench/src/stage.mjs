/** One subject under one scenario's load: the measured process and the processes around it. */
import { Child } from "./child.mjs";
import { startEngine } from "./engines.mjs";
import { commandOf, labels, loadCommand, workersCommand } from "./subjects.mjs";

/**
 * @typedef {object} Setting
 * @property {string} node path of the measured Node.js
 * @property {number} maxConnections of one process
 */

/** @typedef {{ rss: number, heap: number }} Memory */

export class Stage {
  /** @type {Child[]} */
  #children = [];
  /** @type {Child} */
  measured;
  /** @type {Child[]} */
  loads = [];
  /** @type {Child[]} the processes of a cluster */
  #nodes = [];
  /** @type {import("./engines.mjs").Engine | undefined} */
  #engine;

  /** @param {Child} measured */
  constructor(measured) {
    this.measured = measured;
    this.#children.push(measured);
  }

  /**
   * A server with load generators, which have opened their connections.
   * @param {import("./scenario.mjs").Scenario} scenario
   * @param {import("./subjects.mjs").Subject} subject
   * @param {import("./scenario.mjs").Size} size
   * @param {Setting} setting
   */
  static async ofServer(scenario, subject, size, { node, maxConnections }) {
    const stage = new Stage(new Child(labels[subject], commandOf("servers", subject, node)));
    const generators = Math.ceil((size.connections ?? 1) / maxConnections);
    for (let i = 0; i < generators; i++) {
      stage.loads.push(new Child("The load generator", loadCommand(scenario.name, process.execPath)));
    }
    stage.#children.push(...stage.loads);
    return stage.#opened(async () => {
      const { port } = await stage.measured.ask("hello");
      await Promise.all(stage.loads.map((load, generator) => load.ask("open", { port, size, generator })));
    });
  }

  /**
   * A client or a codec, which is its own load; clients get a server that costs them nothing.
   * @param {import("./scenario.mjs").Scenario} scenario
   * @param {import("./subjects.mjs").Subject} subject
   * @param {import("./scenario.mjs").Size} size
   * @param {Setting} setting
   */
  static async ofGuest(scenario, subject, size, { node }) {
    const stage = new Stage(new Child(labels[subject], commandOf(scenario.kind, subject, node)));
    return stage.#opened(async () => {
      if (scenario.kind !== "clients") return;
      const server = new Child("The server", commandOf("servers", "ws", process.execPath));
      stage.#children.push(server);
      const { port } = await server.ask("hello");
      await stage.measured.ask("open", { port, size });
    });
  }

  /**
   * A cluster with its engine, and a load generator whose clients are in their rooms.
   * @param {import("./scenario.mjs").Scenario} scenario
   * @param {import("./subjects.mjs").Subject} subject
   * @param {import("./scenario.mjs").Size} size
   * @param {Setting} setting
   */
  static async ofCluster({ name, bus = "" }, subject, size, { node }) {
    const { nodes = 1 } = size;
    const command = bus === "workers" ? workersCommand(subject, node) : commandOf("clusters", subject, node);
    const processes = bus === "workers" ? 1 : nodes;
    const children = Array.from(
      { length: processes },
      (_, index) => new Child(`${labels[subject]} ${index}`, command),
    );
    const stage = new Stage(/** @type {Child} */ (children[0]));
    stage.#nodes = children;
    const load = new Child("The load generator", loadCommand("cluster", process.execPath));
    stage.loads.push(load);
    stage.#children.push(...children.slice(1), load);
    return stage.#opened(async () => {
      stage.#engine = await startEngine(bus);
      const { url } = stage.#engine;
      const ports = await Promise.all(children.map((child) => child.ask("open", { bus, url, nodes })));
      await Promise.all(children.map((child) => child.ask("complete", { nodes }, 30)));
      await load.ask("open", { ports: ports.flat(), size, name });
    });
  }

  /** What every server of a cluster, in its order, and their engine have used: microseconds, and bytes received. */
  async clusterVitals() {
    const cpus = await Promise.all(this.#nodes.map((node) => node.ask("cpus")));
    const received = await Promise.all(this.#nodes.map((node) => node.ask("received")));
    return { cpus: cpus.flat(), received: received.flat(), engine: this.#engine?.cpu() ?? Number.NaN };
  }

  /**
   * The work of the first load generator.
   * @param {string} action
   * @param {unknown} [details]
   * @param {number} [seconds]
   */
  do(action, details, seconds = 120) {
    const worker = this.loads[0] ?? this.measured;
    return worker.ask("do", { action, details }, seconds);
  }

  /**
   * The same work by all load generators.
   * @param {string} action
   * @param {(index: number) => unknown} detailsOf
   * @returns {Promise<any[]>}
   */
  all(action, detailsOf) {
    return Promise.all(
      this.loads.map((load, index) => load.ask("do", { action, details: detailsOf(index) }, 300)),
    );
  }

  /**
   * CPU time of the measured process while `work` runs, divided by the count that it returns: microseconds.
   * @param {() => Promise<number>} work
   */
  async cost(work) {
    const before = await this.measured.ask("cpu");
    const count = await work();
    return ((await this.measured.ask("cpu")) - before) / count;
  }

  /** @returns {Promise<Memory>} */
  memory() {
    return this.measured.ask("memory");
  }

  async close() {
    await this.measured.stop(); // first, so that it is the server's ports that TCP keeps waiting
    await Promise.all(this.#children.map((child) => child.stop()));
    await this.#engine?.stop();
  }

  /** @param {() => Promise<void>} prepare */
  async #opened(prepare) {
    try {
      await prepare();
      return this;
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}
