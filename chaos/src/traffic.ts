/** What is sent: streams of numbered messages, one for each source and room. */

/** How many rooms the clients are spread over. */
export const ROOMS = 10;

/** The stream of what a source says to everybody. */
export const EVERYBODY = "all";

/** `source/room` */
export type Stream = string;

/** Whom a source speaks through: a server, or an emitter. */
interface Speaker {
  emit(event: string, ...args: unknown[]): unknown;
  to(room: string): { emit(event: string, ...args: unknown[]): unknown };
}

/** The rooms that a client's messages come from. */
export function roomsOf(client: number): string[] {
  return [`room${client % ROOMS}`, EVERYBODY];
}

/** Says something in each room, and to everybody, once per `pace` milliseconds. */
export class Source {
  /** The last number of each stream. */
  readonly sent: Map<Stream, number> = new Map();
  readonly #name: string;
  readonly #speaker: Speaker;
  readonly #timer: NodeJS.Timeout;

  constructor(name: string, speaker: Speaker, pace: number) {
    this.#name = name;
    this.#speaker = speaker;
    this.#timer = setInterval(() => this.#speak(), pace);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #speak(): void {
    for (let room = 0; room < ROOMS; room++) this.#say(`room${room}`);
    this.#say(EVERYBODY);
  }

  #say(room: string): void {
    const stream = `${this.#name}/${room}`;
    const number = (this.sent.get(stream) ?? 0) + 1;
    this.sent.set(stream, number);
    const target = room === EVERYBODY ? this.#speaker : this.#speaker.to(room);
    target.emit("tick", stream, number, Date.now());
  }
}
