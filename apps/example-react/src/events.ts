/** The contract of both sides: every event, its arguments, and its acknowledgement. */

export interface Item {
  readonly id: string;
  readonly text: string;
  readonly done: boolean;
  /** Who wrote it. */
  readonly by: string;
}

export interface ServerToClient {
  /** An item is new, or another one than before. */
  item(list: string, item: Item): void;
}

export interface ClientToServer {
  items(list: string, reply: (items: Item[]) => void): void;
  add(list: string, text: string, reply: (answer: { error?: string }) => void): void;
  toggle(list: string, id: string): void;
}
