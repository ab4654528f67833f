/** The play that every server gives and every guest attends, written for the official package's types. */
import type { ExtendedError, Namespace, Server, Socket } from "socket.io";

/** Every event that the scenario emits, for guests that must subscribe by name. */
export const sceneEvents: string[] = [
  "echo",
  "question",
  "silent",
  "answers",
  "news",
  "refused",
  "number",
  "farewell",
];

type Answer = (...answers: unknown[]) => void;

export interface Audience {
  to?: string[];
  except?: string[];
  /** Where the chain begins: the server, or the socket that asks (which is then left out). */
  from?: "io" | "socket";
  volatile?: boolean;
}

class Refusal extends Error implements ExtendedError {
  readonly data: unknown;

  constructor(message: string, data: unknown) {
    super(message);
    this.data = data;
  }
}

export function stage(io: Server): void {
  const admin = io.of("/admin");
  const dynamic = io.of(/^\/dynamic-\d+$/);
  for (const nsp of [io.of("/"), admin, dynamic]) {
    nsp.use(checkToken);
    nsp.on("connection", (socket) => perform(io, socket));
  }
  admin.use((socket, next) =>
    tokenOf(socket) === "admin" ? next() : next(new Refusal("admins only", { status: 403, need: ["admin"] })),
  );
}

/** EIO 3 has no auth payload: there the token comes in the query. */
const tokenOf = ({ handshake }: Socket): unknown => handshake.auth.token ?? handshake.query.token;

async function checkToken(socket: Socket, next: (error?: ExtendedError) => void): Promise<void> {
  await Promise.resolve();
  if (tokenOf(socket) === "bad") next(new Refusal("bad token", { code: "BAD_TOKEN", tries: 3 }));
  else next();
}

function perform(io: Server, socket: Socket): void {
  const { nsp } = socket;
  socket.use(([name], next) => next(name === "forbidden" ? new Refusal("not for you", { name }) : undefined));
  socket.on("error", (error: ExtendedError) => socket.emit("refused", error.message, error.data));
  talk(socket);
  describe(socket);
  gather(nsp, socket);
  count(socket);
  part(io, socket);
}

function talk(socket: Socket): void {
  socket.on("echo", (...args: unknown[]) => {
    const answer = args.at(-1);
    if (typeof answer === "function") answer(...args.slice(0, -1));
    else socket.emit("echo", ...args);
  });
  socket.on("ask", (...args: unknown[]) =>
    socket.emit("question", ...args, (...answers: unknown[]) => socket.emit("answers", ...answers)),
  );
  socket.on("ask in time", (ms: number, question: string) => {
    const done = (error: Error | null, answer: unknown): unknown =>
      socket.emit("answers", Boolean(error), answer);
    socket.timeout(ms).emit(question, "in time", done);
  });
}

function describe(socket: Socket): void {
  socket.on("whoami", (answer: Answer) => {
    const { id, handshake, conn, nsp, rooms, data, recovered } = socket;
    const { auth, query } = handshake;
    const transport = conn.transport.name;
    answer({ id, auth, query, transport, nsp: nsp.name, rooms: [...rooms], data, recovered });
  });
  socket.on("remember", (key: string, value: unknown, answer: Answer) => {
    socket.data[key] = value;
    answer();
  });
  socket.on("upgraded", (answer: Answer) => {
    const { conn } = socket;
    if (conn.transport.name === "websocket") answer("websocket");
    else conn.once("upgrade", (transport: { name: string }) => answer(transport.name));
  });
}

function gather(nsp: Namespace, socket: Socket): void {
  socket.on("join", async (rooms: string | string[], answer: Answer) => {
    await socket.join(rooms);
    answer();
  });
  socket.on("leave", async (room: string, answer: Answer) => {
    await socket.leave(room);
    answer();
  });
  socket.on("who", async (room: string, answer: Answer) => {
    const members = await nsp.in(room).fetchSockets();
    answer(members.map(({ id }) => id).sort());
  });
  socket.on("tell", (audience: Audience, ...args: unknown[]) => {
    const from = audience.from === "socket" ? socket.broadcast : nsp.except([]);
    const chain = from.to(audience.to ?? []).except(audience.except ?? []);
    (audience.volatile ? chain.volatile : chain).emit("news", ...args);
  });
  socket.on("poll", (room: string, question: string, ms: number, answer: Answer) =>
    nsp
      .to(room)
      .timeout(ms)
      .emit(question, "all", (error: Error | null, answers: unknown[]) => answer(Boolean(error), answers)),
  );
}

/** Numbers in both directions: what the guest counts comes back, and a flood of our own runs beside it. */
function count(socket: Socket): void {
  socket.on("count", (number: number) => socket.emit("echo", number));
  socket.on("flood", (total: number, answer: Answer) => {
    let number = 0;
    const send = (): void => {
      for (let burst = 0; burst < 5 && number < total; burst += 1) socket.emit("number", number++);
      if (number < total) setImmediate(send);
      else answer();
    };
    send();
  });
  socket.on("volatile flood", (total: number, payload: string, answer: Answer) => {
    for (let number = 0; number < total; number += 1) socket.volatile.emit("number", number, payload);
    answer("after the flood");
  });
}

function part(io: Server, socket: Socket): void {
  socket.on("dismiss me", () => {
    socket.emit("farewell", "namespace");
    socket.disconnect();
  });
  socket.on("hang up", () => {
    socket.emit("farewell", "connection");
    socket.disconnect(true);
  });
  socket.on("clear", (room: string) => io.in(room).disconnectSockets());
  socket.on("invite", (room: string, guests: string, answer: Answer) => {
    io.in(room).socketsJoin(guests);
    answer();
  });
}
