/** Bare node:http: Engine.IO long polling by hand, no framework. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { onText, openPacket } from "./by-hand.mjs";
import { listen } from "./control.mjs";

/** @typedef {{ sid: string, awaiting: undefined, queue: string[], waiting: import("node:http").ServerResponse | undefined }} Session */

const separator = "\x1e";
/** @type {Map<string, Session>} */
const sessions = new Map();

/**
 * @param {import("node:http").ServerResponse} response
 * @param {string} body
 */
function finish(response, body) {
  const length = Buffer.byteLength(body);
  response
    .writeHead(200, { "Content-Type": "text/plain; charset=UTF-8", "Content-Length": length })
    .end(body);
}

/** @param {Session} session */
function flush(session) {
  if (!session.waiting || session.queue.length === 0) return;
  const response = session.waiting;
  session.waiting = undefined;
  finish(response, session.queue.splice(0).join(separator));
}

/** @type {(session: Session) => import("./by-hand.mjs").Line} */
const lineOf = (session) => ({
  text: (data) => {
    session.queue.push(data);
    flush(session);
  },
  binary: () => {},
  join: () => {},
  toAll: () => {},
  toRoom: () => {},
});

/** @param {import("node:http").ServerResponse} response */
function open(response) {
  const session = { sid: randomUUID(), awaiting: undefined, queue: [], waiting: undefined };
  sessions.set(session.sid, session);
  finish(response, openPacket(session.sid));
}

/**
 * @param {Session} session
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
function receive(session, request, response) {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    for (const packet of body.split(separator)) onText(session, packet, lineOf(session));
    finish(response, "ok");
  });
}

const httpServer = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const session = sessions.get(searchParams.get("sid") ?? "");
  if (!session) return open(response);
  if (request.method === "POST") return receive(session, request, response);
  session.waiting = response;
  flush(session);
});

listen("node:http", httpServer);
