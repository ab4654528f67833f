/** Servers under test: in this process, in a process of another Node.js against the built packages, or on many cores. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Mailbox } from "./mailbox.ts";
import type { NodeRuntime } from "./needs.ts";
import type { Word } from "./programs/serve-cores.ts";
import { askReason, openTheatre, type Stack, type Stage, type StageOptions } from "./stage.ts";

export interface ServerKind {
  name: string;
  stack: Stack;
  open(options?: StageOptions): Promise<Stage>;
}

const names = { official: "socket.io 4.8.4", sockeye: "our server" };

export function here(stack: Stack): ServerKind {
  return {
    name: names[stack],
    stack,
    async open(options) {
      const { io, url, clear } = await openTheatre(stack, options);
      return { url, gone: (id) => askReason(url, id), close: async () => void (await io.close()), clear };
    },
  };
}

/** Needs the build: the program and our server are taken from their `dist` folders. */
export function under(node: NodeRuntime, stack: Stack): ServerKind {
  const program = fileURLToPath(new URL("../dist/programs/serve.js", import.meta.url));
  return {
    name: `${names[stack]} under ${node.name}`,
    stack,
    async open(options = {}) {
      const child = fork(program, [stack, JSON.stringify(options)], { execPath: node.path, execArgv: [] });
      const [url] = (await once(child, "message")) as [string];
      const tell = async (message: "close" | "clear"): Promise<void> => {
        if (child.exitCode !== null) return;
        child.send(message);
        await once(child, "exit");
      };
      return {
        url,
        gone: (id) => askReason(url, id),
        close: () => tell("close"),
        clear: () => tell("clear"),
      };
    },
  };
}

/** Three of our servers that are one cluster and share one port; needs the build. */
export function onOnePort(node: NodeRuntime, kind: "threads" | "workers"): ServerKind {
  const program = fileURLToPath(new URL("../dist/programs/serve-cores.js", import.meta.url));
  return {
    name: `three ${kind} on one port under ${node.name}`,
    stack: "sockeye",
    async open(options = {}) {
      const args = [kind, JSON.stringify(options)];
      const child = fork(program, args, { execPath: node.path, execArgv: [] });
      const departures = new Mailbox("departures");
      child.on("message", ([what, ...rest]: Word) => {
        if (what === "gone") departures.put(rest[0], rest.slice(1));
      });
      const [[, url]] = (await once(child, "message")) as [Word];
      const end = async (): Promise<void> => {
        child.disconnect();
        await once(child, "exit");
      };
      const gone = async (id: string): Promise<string> => String((await departures.next(id))[0]);
      return { url, gone, close: end, clear: end };
    },
  };
}
