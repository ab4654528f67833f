/** Tables of clusters: a line for each bus and number of servers, ours beside theirs. */
import { short, table } from "./text.mjs";

/** @typedef {import("../results.mjs").Row} Row */

/** @param {Row[]} rows */
export function clusterTables(rows) {
  const parts = [exchanges(rows), interests(rows)].filter(({ lines }) => lines.length > 1);
  return parts.map(({ title, text, lines }) => `### ${title}\n\n${text}\n\n${table(lines)}`).join("\n\n");
}

/** @param {Row[]} rows */
function exchanges(rows) {
  const lines = rows
    .filter(({ key }) => /^cluster-(?!interest)\w+-\d$/.test(key))
    .map((row) => {
      const of = (/** @type {string} */ suffix) => rows.find(({ key }) => key === row.key + suffix);
      const [bus = "", servers = ""] = row.label.split(/, (?=\d+ servers)|(?<=servers): /);
      return [
        bus,
        servers.replace(" servers", ""),
        ...ourTheirRatio(row),
        ...ourTheir(of("-engine")),
        ...ourTheir(of("-rate")),
      ];
    });
  const head = [
    "over",
    "servers",
    "µs",
    "socket.io",
    "ratio",
    "engine, µs",
    "socket.io",
    "messages/s",
    "socket.io",
  ];
  return {
    title: "What a message costs",
    text: `CPU time of all servers together, and of the engine, for each message to a room with one member on every server,
from the member's frame to the last delivery; and how many of them a second, 64 on their way at once.`,
    lines: [head, ...lines],
  };
}

/** @param {Row[]} rows */
function interests(rows) {
  const lines = rows
    .filter(({ key }) => /^cluster-interest-[a-z]+$/.test(key))
    .map((row) => {
      const of = (/** @type {string} */ suffix) => rows.find(({ key }) => key === row.key + suffix);
      return [
        row.label.split(", 1,000")[0] ?? "",
        ...ourTheir(row),
        ...ourTheir(of("-bytes")),
        ...ourTheir(of("-own")),
      ];
    });
  return {
    title: "What others pay for it",
    text: `Four servers, 1,000 rooms, whose members are all on the first one: CPU time of each other server and bytes that it
receives, for each message; and the CPU time of the first.`,
    lines: [
      ["over", "others, µs", "socket.io", "others, bytes", "socket.io", "first, µs", "socket.io"],
      ...lines,
    ],
  };
}

/** @param {Row | undefined} row */
function ourTheir(row) {
  return [cell(row, "sockeye"), cell(row, "socketio")];
}

/** @param {Row} row */
function ourTheirRatio(row) {
  const ratio = row.ratios.find(({ control }) => control === "socketio")?.ratio;
  return [...ourTheir(row), ratio === undefined ? "-" : ratio.toFixed(2)];
}

/**
 * @param {Row | undefined} row
 * @param {import("../subjects.mjs").Subject} subject
 */
function cell(row, subject) {
  return short(row?.cells.get(subject)?.median ?? Number.NaN);
}
