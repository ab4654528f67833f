/** A guest in a process of its own, told what to do by lines of JSON: Python, or another Node.js. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Guest, Traits, Visit, Visitor } from "../guest.ts";
import { fromLine, toLine } from "../line-json.ts";
import { Mailbox } from "../mailbox.ts";
import type { Library } from "./javascript.ts";

/** What the process writes: an event of a visitor, or the answer to one of its calls. */
type Line =
  | { visitor: number; event: string; args: unknown[] }
  | { visitor: number; call: number; args: unknown[] };

export interface Order {
  do: "open" | "emit" | "call" | "leave";
  [detail: string]: unknown;
}

interface Program {
  command: string;
  args: string[];
}

const folder = new URL("../../", import.meta.url);
const pathOf = (file: string): string => fileURLToPath(new URL(file, folder));

/** Debian's python-socketio 5.7.2; the script is `guests/python_<flavour>.py`. */
export function python(flavour: "sync" | "asyncio", transport: Traits["transport"], msgpack = false): Guest {
  const traits: Traits = {
    ...{ eio: 4, transport, msgpack, recovery: false, reasons: false, buffers: false, weighs: false },
    quirks: {
      alwaysAnswers: true,
      losesAckZero: msgpack,
      deafTo413: transport === "polling",
      staysOnTheLine: flavour === "sync",
      ...(flavour === "asyncio" ? { largest: 3_000_000 } : {}),
    },
  };
  const name = `python-socketio ${flavour}, ${msgpack ? "msgpack, " : ""}${transport}`;
  const program = { command: "/usr/bin/python3", args: [pathOf(`guests/python_${flavour}.py`)] };
  return new ProcessGuest(name, traits, program);
}

/** A JavaScript client under another Node.js; needs the build. */
export function javascriptUnder(
  node: { name: string; path: string },
  library: Library,
  transport: Traits["transport"],
): Guest {
  const ours = library === "@sockeye/client";
  const traits: Traits = {
    ...{ eio: 4, transport, msgpack: false, recovery: true, reasons: true, buffers: false, weighs: ours },
    quirks: {},
  };
  const args = [pathOf("dist/programs/attend.js"), library, transport];
  const name = `${ours ? "our client" : library} under ${node.name}, ${transport}`;
  return new ProcessGuest(name, traits, { command: node.path, args });
}

class ProcessGuest implements Guest {
  readonly name: string;
  readonly traits: Traits;
  readonly #program: Program;
  readonly #visitors: RemoteVisitor[] = [];
  #child: ChildProcess | undefined;

  constructor(name: string, traits: Traits, program: Program) {
    this.name = name;
    this.traits = traits;
    this.#program = program;
  }

  open(url: string, visit: Visit = {}): Visitor[] {
    const order = (detail: Order): void => this.#order(detail);
    const nsps = visit.nsps ?? ["/"];
    const visitors = nsps.map((nsp) => {
      const visitor = new RemoteVisitor(`${this.name} in ${nsp}`, this.#visitors.length, order);
      this.#visitors.push(visitor);
      return visitor;
    });
    const { transport, msgpack } = this.traits;
    const seats = Object.fromEntries(nsps.map((nsp, index) => [nsp, visitors[index]?.id]));
    order({ do: "open", url, seats, transport, msgpack, ...visit });
    return visitors;
  }

  async dismiss(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    child.stdin?.end();
    await once(child, "exit");
  }

  #order(order: Order): void {
    this.#child ??= this.#start();
    this.#child.stdin?.write(toLine(order));
  }

  #start(): ChildProcess {
    const child = spawn(this.#program.command, this.#program.args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const message = fromLine(line) as Line;
      this.#visitors[message.visitor]?.hear(message);
    });
    return child;
  }
}

class RemoteVisitor implements Visitor {
  readonly id: number;
  readonly #mailbox: Mailbox;
  readonly #order: (order: Order) => void;
  #calls = 0;

  constructor(name: string, id: number, order: (order: Order) => void) {
    this.id = id;
    this.#mailbox = new Mailbox(name);
    this.#order = order;
  }

  hear(line: Line): void {
    this.#mailbox.put("call" in line ? `answer ${line.call}` : line.event, line.args);
  }

  next(name: string, patience?: number): Promise<unknown[]> {
    return this.#mailbox.next(name, patience);
  }

  take(name: string): unknown[][] {
    return this.#mailbox.take(name);
  }

  emit(name: string, ...args: unknown[]): void {
    this.#order({ do: "emit", visitor: this.id, event: name, args });
  }

  call(name: string, ...args: unknown[]): Promise<unknown[]> {
    const call = this.#calls++;
    this.#order({ do: "call", visitor: this.id, call, event: name, args });
    return this.#mailbox.next(`answer ${call}`);
  }

  async leave(): Promise<void> {
    this.#order({ do: "leave", visitor: this.id });
  }
}
