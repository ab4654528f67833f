/** The chat's contract: every event, its arguments and its acknowledgement. */

export interface Message {
  id: string;
  room: string;
  from: string;
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
  text?: string;
  image?: { type: string; bytes: Uint8Array };
}

/** What a client may say; the server adds id, sender, room and time. */
export type Draft = Pick<Message, "text" | "image">;

export interface ServerToClient {
  /** The first word after each connection. */
  welcome(people: string[], history: Message[]): void;
  /** Acknowledged by each client that shows it. */
  message(message: Message, shown: () => void): void;
  /** How many people have been shown a message of yours, out of those who were in the room. */
  delivered(id: string, shown: number, of: number): void;
  people(names: string[]): void;
  typing(name: string): void;
}

export type Refusal = { error: string };

export interface ClientToServer {
  message(draft: Draft, done: (answer: { id: string; at: number } | Refusal) => void): void;
  typing(): void;
}

export interface Person {
  name: string;
  room: string;
}
