/** Tables of the results, as Markdown that also reads well in a terminal. */
import { labels } from "../subjects.mjs";

/** @typedef {import("../results.mjs").Row} Row */

/** @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/**
 * Columns padded to their widest cell.
 * @param {string[][]} lines the first is the head
 */
export function table(lines) {
  const [head = []] = lines;
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const row = (/** @type {string[]} */ line) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = row(widths.map((width) => "-".repeat(width)));
  return [row(head), rule, ...lines.slice(1).map(row)].join("\n");
}

/**
 * What was measured: medians, with half the distance between the quartiles behind them.
 * @param {Row[]} rows
 */
export function figuresTable(rows) {
  const subjects = Object.entries(labels).filter(([subject]) =>
    rows.some(({ cells }) => [...cells.keys()].some((key) => key === subject)),
  );
  const line = (/** @type {Row} */ { label, unit, cells }) => [
    `${label}, ${unit}`,
    ...subjects.map(([subject]) =>
      cellText(cells.get(/** @type {import("../subjects.mjs").Subject} */ (subject))),
    ),
  ];
  return table([["figure", ...subjects.map(([, label]) => label)], ...rows.map(line)]);
}

/** @param {import("../results.mjs").Cell | undefined} cell */
function cellText(cell) {
  if (!cell || !Number.isFinite(cell.median)) return "-";
  const around =
    Number.isFinite(cell.spread) && cell.spread >= 0.01 ? ` ±${(cell.spread * 100).toFixed(0)}%` : "";
  return short(cell.median) + around;
}

/**
 * Ours divided by each control, and whether the target is met.
 * @param {Row[]} rows
 */
export function ratiosTable(rows) {
  const lines = rows.flatMap(({ label, ratios }) =>
    ratios.map(({ control, ratio, target, met }) => [
      label,
      labels[control],
      ratio.toFixed(2),
      target === undefined ? "" : `at most ${target.toFixed(2)}`,
      met === undefined ? "" : met ? "met" : "**missed**",
    ]),
  );
  return table([["figure", "Sockeye divided by", "ratio", "target", ""], ...lines]);
}
