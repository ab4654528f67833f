/** Processes of our own: started with room for many sockets, asked one JSON line at a time, always ended by pid. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const wantedDescriptors = 250_000;

/** @type {Set<Child>} */
const alive = new Set();

/** Raises the limit of open files as far as this machine allows, then becomes the command (same pid). */
export const raiseLimit = `for n in ${wantedDescriptors} $(ulimit -Hn); do ulimit -n $n 2>/dev/null && break; done; exec "$@"`;

/** @typedef {{ resolve: (answer: any) => void, reject: (error: Error) => void, timer: NodeJS.Timeout }} Asked */

export class Child {
  #process;
  #name;
  #complaints = "";
  #questions = 0;
  /** @type {Map<number, Asked>} */
  #asked = new Map();

  /**
   * @param {string} name how error messages call it
   * @param {string[]} command
   */
  constructor(name, command) {
    this.#name = name;
    const line = process.platform === "win32" ? command : ["sh", "-c", raiseLimit, "sh", ...command];
    this.#process = spawn(line[0] ?? "", line.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    alive.add(this);
    createInterface({ input: this.#process.stdout }).on("line", (text) => this.#hear(text));
    this.#process.stderr.on("data", (chunk) => {
      this.#complaints = (this.#complaints + chunk).slice(-2_000);
    });
    this.#process.stdin.on("error", () => {}); // the exit below tells it
    this.#process.on("error", (error) => this.#lose(error.message));
    this.#process.on("exit", (code, signal) => this.#lose(`ended with ${signal ?? code}`));
  }

  /**
   * @param {string} question
   * @param {unknown} [details]
   * @param {number} [seconds] after which an answer is no longer awaited
   * @returns {Promise<any>}
   */
  ask(question, details, seconds = 60) {
    if (!alive.has(this)) return Promise.reject(this.#error("is not running"));
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      const late = () =>
        this.#settle(id)?.reject(this.#error(`gave no answer to "${question}" in ${seconds} s`));
      const timer = setTimeout(late, seconds * 1_000);
      this.#asked.set(id, { resolve, reject, timer });
      this.#process.stdin.write(`${JSON.stringify({ id, question, details })}\n`);
    });
  }

  /** Asks it to end, and ends it when it does not. */
  async stop() {
    if (!alive.has(this)) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin.end();
    const timer = setTimeout(() => this.kill(), 3_000);
    await gone;
    clearTimeout(timer);
  }

  kill() {
    this.#process.kill("SIGKILL");
  }

  static killAll() {
    for (const child of alive) child.kill();
  }

  /** @param {number} id */
  #settle(id) {
    const waiting = this.#asked.get(id);
    this.#asked.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  /** @param {string} text */
  #hear(text) {
    if (!text.startsWith("{")) return;
    const { id, answer, error } = JSON.parse(text);
    const waiting = this.#settle(id);
    if (error) waiting?.reject(this.#error(error));
    else waiting?.resolve(answer);
  }

  /** @param {string} why */
  #lose(why) {
    alive.delete(this);
    for (const id of [...this.#asked.keys()]) this.#settle(id)?.reject(this.#error(why));
  }

  /** @param {string} what */
  #error(what) {
    const complaint = this.#complaints.trim();
    return new Error(`${this.#name} ${what}${complaint && `\n${complaint}`}`);
  }
}
