/** What Sockeye aims at: its figure divided by that of a control, at most. */

/** @type {Record<string, Partial<Record<import("./subjects.mjs").Subject, number>>>} */
export const targets = {
  echo: { socketio: 0.45, ws: 0.75, bun: 1.15 },
  msg: { socketio: 0.45, ws: 0.8, bun: 1.15 },
  broadcast: { socketio: 0.6, ws: 0.8, bun: 1.15 },
  room: { socketio: 0.6 },
  binary: { socketio: 0.6, ws: 0.9 },
  polling: { socketio: 0.85, http: 1.0 },
  connect: { socketio: 0.5, ws: 1.1 },
  rss: { socketio: 0.4, ws: 1.1 },
  heap: { socketio: 0.3, ws: 1.0 },
};
