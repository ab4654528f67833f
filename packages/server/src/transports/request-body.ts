/** The body of a POST, bounded while it is read. */
import type { IncomingMessage } from "node:http";
import { PayloadTooLargeError } from "../engine/payload-limit.ts";
import { headerOf } from "../engine/request.ts";

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Reads a body of at most `limit` bytes. `done` is called once: with the body, with a PayloadTooLargeError as
 * soon as more is announced or received, or with an error when the client goes away before the end.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  done: (error: Error | undefined, body: Buffer) => void,
): void {
  const announced = Number(headerOf(request, "content-length"));
  if (announced > limit) done(new PayloadTooLargeError(limit, announced), EMPTY);
  else collect(request, limit, done);
}

function collect(
  request: IncomingMessage,
  limit: number,
  done: (error: Error | undefined, body: Buffer) => void,
): void {
  // Most bodies come in one chunk: it is handed on without a copy.
  let first: Buffer | undefined;
  let others: Buffer[] | undefined;
  let size = 0;
  let over = false;
  request.on("data", (chunk: Buffer) => {
    if (over) return;
    size += chunk.length;
    if (size > limit) {
      // What still comes is thrown away, so that the answer reaches the client.
      over = true;
      first = others = undefined;
      done(new PayloadTooLargeError(limit, size), EMPTY);
    } else if (!first) first = chunk;
    else if (others) others.push(chunk);
    else others = [chunk];
  });
  request.on("end", () => {
    if (over) return;
    over = true;
    done(undefined, first && others ? Buffer.concat([first, ...others], size) : (first ?? EMPTY));
  });
  request.on("close", () => {
    if (over) return;
    over = true;
    done(new Error("the client went away within a request"), EMPTY);
  });
}
