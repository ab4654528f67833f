/** A cluster of server processes over an engine, behind nginx, behind a proxy that breaks connections. */
import { setTimeout as pause } from "node:timers/promises";
import { Emitter } from "@sockeye/cluster";
import { freePort, NginxProcess } from "@sockeye/cluster/testing";
import type { Chance } from "@sockeye/core/testing";
import { type Buses, type EngineName, type EngineProcess, engines } from "./engines.ts";
import { FaultProxy } from "./fault-proxy.ts";
import type { Victims } from "./faults.ts";
import { type FromServer, ServerProcess, ServerProgram } from "./server-process.ts";

export interface StageSettings {
  engine: EngineName;
  servers: number;
  pace: number;
  drainOver: number;
  heartbeat: number;
}

type Hear = (message: FromServer) => void;

export class Stage implements Victims {
  /** Emitters of this process, which nobody kills. */
  readonly emitters: Emitter[] = [];
  readonly servers: ServerProcess[] = [];
  readonly #settings: StageSettings;
  readonly #hear: Hear;
  readonly #undo: Array<() => Promise<unknown>> = [];
  #program!: ServerProgram;
  #engine!: EngineProcess;
  #proxy!: FaultProxy;
  #buses!: Buses;
  #count = 0;
  #up = true;

  private constructor(settings: StageSettings, hear: Hear) {
    this.#settings = settings;
    this.#hear = hear;
  }

  static async open(settings: StageSettings, hear: Hear): Promise<Stage> {
    const stage = new Stage(settings, hear);
    try {
      await stage.#open();
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  /** Whether the engine has a log. */
  get logged(): boolean {
    return this.#buses.logged !== undefined;
  }

  /** Whether all servers see each other, and the emitters have their bus. */
  get whole(): boolean {
    return this.#up && this.servers.every((server) => server.sees(this.servers.length));
  }

  get url(): string {
    return this.#proxy.url;
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }

  async #open(): Promise<void> {
    const { engine, servers } = this.#settings;
    this.#program = await ServerProgram.compile();
    this.#undo.push(() => this.#program.end());
    this.#engine = await engines[engine].launch();
    this.#undo.push(() => this.#engine.remove());
    this.#buses = await engines[engine].open(this.#engine.url);
    this.#undo.push(() => this.#buses.close());
    this.#buses.plain.observe((state) => {
      this.#up = state === "up";
    });
    this.emitters.push(new Emitter(this.#buses.plain, { prefix: "plain" }));
    if (this.#buses.logged) this.emitters.push(new Emitter(this.#buses.logged, { prefix: "logged" }));
    this.#undo.push(() => Promise.all(this.emitters.map((emitter) => emitter.close())));
    const ports: number[] = [];
    for (let index = 0; index < servers; index++) ports.push(await freePort());
    this.servers.push(...(await Promise.all(ports.map((port) => this.#start(port, servers)))));
    const nginx = await NginxProcess.start(ports);
    this.#undo.push(() => nginx.stop());
    this.#proxy = await FaultProxy.start(nginx.port);
    this.#undo.push(() => this.#proxy.stop());
  }

  #start(port: number, servers: number): Promise<ServerProcess> {
    const { servers: _, ...settings } = this.#settings;
    const name = `server${++this.#count}`;
    const { url } = this.#engine;
    return ServerProcess.start(this.#program, { ...settings, name, url, port, servers }, this.#hear);
  }

  async #replace(old: ServerProcess): Promise<void> {
    const next = await this.#start(old.settings.port, 1);
    next.tell("speak");
    this.servers[this.servers.indexOf(old)] = next;
  }

  /** Each server ends when its clients have been moved away. */
  async roll(): Promise<string> {
    for (const old of [...this.servers]) {
      await old.drain();
      await this.#replace(old);
    }
    return `${this.servers.length} servers drained and replaced, over ${this.#settings.drainOver} ms each`;
  }

  async kill(chance: Chance, downtime: number): Promise<string> {
    const victim = chance.pick(this.servers);
    await victim.kill();
    await pause(downtime);
    await this.#replace(victim);
    return `${victim.settings.name} killed, started again after ${downtime} ms`;
  }

  async suspend(chance: Chance, duration: number): Promise<string> {
    const victim = chance.pick(this.servers);
    victim.suspend();
    await pause(duration);
    victim.resume();
    return `${victim.settings.name} suspended for ${duration} ms`;
  }

  async stopBus(downtime: number): Promise<string> {
    await this.#engine.stop();
    await pause(downtime);
    await this.#engine.start();
    return `${this.#settings.engine} stopped, started again after ${downtime} ms`;
  }

  async reset(chance: Chance, share: number): Promise<string> {
    return `${this.#proxy.reset(share, chance)} connections reset`;
  }

  async freeze(chance: Chance, share: number, duration: number): Promise<string> {
    const { count, thaw } = this.#proxy.freeze(share, chance);
    await pause(duration);
    thaw();
    return `${count} connections frozen for ${duration} ms`;
  }
}
