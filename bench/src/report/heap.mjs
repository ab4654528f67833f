/** What a connection holds: two heap snapshots, and what the second has more of, by constructor. */
import { readFileSync } from "node:fs";
import { short, table } from "./text.mjs";

/** @typedef {{ count: number, size: number }} Kind */

/**
 * Objects and their own bytes by type and name.
 * @param {string} path of a .heapsnapshot
 */
function kindsOf(path) {
  const { snapshot, nodes, strings } = JSON.parse(readFileSync(path, "utf8"));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name, size] = ["type", "name", "self_size"].map((field) => fields.indexOf(field));
  /** @type {Map<string, Kind>} */
  const kinds = new Map();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = kindName(types[0][nodes[at + type]], strings[nodes[at + name]]);
    const sum = kinds.get(kind) ?? { count: 0, size: 0 };
    kinds.set(kind, sum);
    sum.count++;
    sum.size += nodes[at + size];
  }
  return kinds;
}

/**
 * Names stand for objects and closures; of strings, numbers and code only the type counts.
 * @param {string} type
 * @param {string} name
 */
function kindName(type, name) {
  if (type === "object" || type === "native") return name.split(" ")[0] ?? name;
  if (type === "closure") return `function ${name || "(anonymous)"}`;
  if (type === "object shape" || type === "hidden") return `(${type}) ${name}`;
  if (type === "array" || type === "code") return `(${type}) ${name}`;
  return `(${type})`;
}

/**
 * @param {string} before path of a snapshot
 * @param {string} after path of one with more connections
 * @param {number} connections how many more
 * @param {number} [lines]
 */
export function heldByConnection(before, after, connections, lines = 40) {
  const old = kindsOf(before);
  const grown = [...kindsOf(after)].map(([kind, { count, size }]) => ({
    kind,
    count: (count - (old.get(kind)?.count ?? 0)) / connections,
    size: (size - (old.get(kind)?.size ?? 0)) / connections,
  }));
  const top = grown.sort((a, b) => b.size - a.size).slice(0, lines);
  const total = grown.reduce((sum, { size }) => sum + size, 0);
  return `${short(total)} bytes per connection\n${table([
    ["bytes", "objects", "what"],
    ...top.map(({ kind, count, size }) => [short(size), count.toFixed(2), kind]),
  ])}`;
}
