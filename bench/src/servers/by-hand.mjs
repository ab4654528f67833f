/** The job of the application on the bare wire: what a server without any framework would write by hand. */

/** Milliseconds between pings, as in Engine.IO's default. */
export const pingInterval = 25_000;

/** @param {string} sid */
export function openPacket(sid) {
  return `0${JSON.stringify({ sid, upgrades: [], pingInterval, pingTimeout: 20_000, maxPayload: 1_000_000 })}`;
}

/** The announcement of one attachment, cut into what stands before and after the ack id. */
const announced = '["echo",{"_placeholder":true,"num":0}]';
const acknowledged = '[{"_placeholder":true,"num":0}]';

/**
 * What the job needs of a connection.
 * @typedef {object} Line
 * @property {(data: string) => void} text
 * @property {(data: Uint8Array) => void} binary
 * @property {(room: string) => void} join
 * @property {(data: string) => void} toAll
 * @property {(room: string, data: string) => void} toRoom
 */

/**
 * One connection: the ack id of a binary event whose attachment is still to come.
 * @typedef {{ sid: string, awaiting: string | undefined }} State
 */

/**
 * @param {State} state
 * @param {string} frame
 * @param {Line} line
 */
export function onText(state, frame, line) {
  if (frame.startsWith("42")) onEvent(frame, line);
  else if (frame.startsWith("451-")) state.awaiting = frame.slice(4, -announced.length);
  else if (frame === "40") line.text(`40{"sid":"${state.sid}"}`);
}

/**
 * @param {State} state
 * @param {Uint8Array} data
 * @param {Line} line
 */
export function onBinary(state, data, line) {
  line.text(`461-${state.awaiting}${acknowledged}`);
  line.binary(data);
  state.awaiting = undefined;
}

/**
 * @param {string} frame
 * @param {Line} line
 */
function onEvent(frame, line) {
  const start = frame.indexOf("[");
  const [event, ...args] = JSON.parse(frame.slice(start));
  switch (event) {
    case "echo":
      return line.text(`43${frame.slice(2, start)}${JSON.stringify(args)}`);
    case "msg":
      return line.text(`42${JSON.stringify(["msg", args[0]])}`);
    case "join":
      line.join(args[0]);
      return line.text(`43${frame.slice(2, start)}[]`);
    case "all":
      return line.toAll(`42${JSON.stringify(["news", args[0]])}`);
    case "room":
      return line.toRoom(args[0], `42${JSON.stringify(["news", args[1]])}`);
  }
}
