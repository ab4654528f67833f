/** The page and its headlines, on an HTTP server. */
import { createServer, type Server as HttpServer } from "node:http";
import { type DefaultEventsMap, rooms, Server } from "@sockeye/server";
import sirv from "sirv";
import type { ClientToServer, ServerToClient } from "../src/events.ts";
import { render } from "./render.tsx";

export interface Headlines {
  readonly http: HttpServer;
  readonly io: Server<ClientToServer, ServerToClient>;
  /** To everybody who reads, and into the HTML of whoever comes. */
  publish(text: string): void;
}

/** @param assets the folder of the built page */
export function serve(assets: string): Headlines {
  const headlines = ["Sockeye run begins early this year"];
  const files = sirv(assets, { dev: true });
  const http = createServer((request, response) => {
    if (request.url === "/") render({ headlines }, response);
    else files(request, response);
  });
  const io: Server<ClientToServer, ServerToClient, DefaultEventsMap> = new Server(http);
  // Nobody has a name here: each tab is a reader.
  rooms(io);
  return {
    http,
    io,
    publish(text) {
      headlines.unshift(text);
      io.emit("headline", text);
    },
  };
}
