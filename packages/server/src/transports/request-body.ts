/** The body of a POST, bounded while it is read. */
import type { IncomingMessage } from "node:http";
import { PayloadTooLargeError } from "../engine/payload-limit.ts";

/**
 * Reads a body of at most `limit` bytes. `done` is called once: with the body, with a PayloadTooLargeError as
 * soon as more is announced or received, or with an error when the client goes away before the end.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  done: (error: Error | undefined, body: Buffer) => void,
): void {
  const announced = Number(request.headers["content-length"]);
  if (announced > limit) done(new PayloadTooLargeError(limit, announced), EMPTY);
  else new BodyReader(request, limit, done);
}

const EMPTY = Buffer.alloc(0);

class BodyReader {
  readonly #request: IncomingMessage;
  readonly #limit: number;
  readonly #done: (error: Error | undefined, body: Buffer) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #over = false;

  constructor(
    request: IncomingMessage,
    limit: number,
    done: (error: Error | undefined, body: Buffer) => void,
  ) {
    this.#request = request;
    this.#limit = limit;
    this.#done = done;
    request.on("data", (chunk: Buffer) => this.#add(chunk));
    request.on("end", () => this.#finish(undefined));
    request.on("close", () => this.#finish(new Error("the client went away within a request")));
  }

  #add(chunk: Buffer): void {
    if (this.#over) return;
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size <= this.#limit) return;
    this.#chunks.length = 0;
    this.#finish(new PayloadTooLargeError(this.#limit, this.#size));
  }

  #finish(error: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    const [only = EMPTY] = this.#chunks;
    if (error) {
      // What still comes is thrown away, so that the answer reaches the client.
      this.#request.resume();
      this.#done(error, EMPTY);
    } else this.#done(undefined, this.#chunks.length > 1 ? Buffer.concat(this.#chunks, this.#size) : only);
  }
}
