/** The playground's contract: every event, its arguments and its acknowledgement. */

/** The rooms there are. */
export const ROOMS = [
  { id: "lobby", title: "Lobby", topic: "Say hello. Open a second window and answer yourself." },
  { id: "harbour", title: "Harbour", topic: "Where boats, and buffered messages, wait." },
  { id: "workshop", title: "Workshop", topic: "Break the connection here, and mend it." },
  { id: "garden", title: "Garden", topic: "Pictures are welcome." },
] as const;

export type RoomId = (typeof ROOMS)[number]["id"];

export interface User {
  /** The same in all tabs of one browser. */
  id: string;
  name: string;
}

export interface Image {
  /** MIME type. */
  type: string;
  bytes: Uint8Array;
}

/** What a client says. */
export interface Draft {
  /** Chosen by the client: a draft that is sent twice is one message. */
  id: string;
  room: RoomId;
  text?: string;
  image?: Image;
}

export interface Message extends Draft {
  from: User;
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
  /** The server that took it, where servers have names. */
  node?: string;
  /** Whom it has reached, and who has had it before their eyes; the sender is in neither. */
  received: User[];
  read: User[];
}

/** What became of messages at somebody's. */
export interface Receipt {
  room: RoomId;
  ids: string[];
  kind: "received" | "read";
}

/** Ways to break a connection; see break.ts. */
export type Break = "drop" | "offline" | "silence" | "restart";

export interface Refusal {
  error: string;
}

export interface ServerToClient {
  message(message: Message): void;
  receipt(receipt: Receipt, by: User): void;
  typing(room: RoomId, by: User): void;
  /** Something was said in a room, perhaps another one than the client's. */
  activity(room: RoomId, id: string): void;
}

export interface ClientToServer {
  message(draft: Draft, done: (answer: Pick<Message, "at" | "node"> | Refusal) => void): void;
  history(room: RoomId, done: (answer: Message[] | Refusal) => void): void;
  receipt(receipt: Receipt): void;
  typing(room: RoomId): void;
  /** Answers at once, with the server's name if it has one: for measuring the way there and back. */
  pulse(done: (node: string | undefined) => void): void;
  break(how: Break, done: (answer: Refusal | undefined) => void): void;
}

/** What the server knows of a connection. */
export interface SocketData {
  user: User;
}
