/** The picture of the ratios: one bar for each, a line where the control stands, a mark where the target is. */
import { labels } from "../subjects.mjs";

/** @typedef {import("../results.mjs").Row} Row */

const title = "Sockeye's cost divided by that of a control (shorter is better)";
const width = 860;
const left = 360;
const right = 60;
const barHeight = 16;
const gap = 8;
const top = 76;
const scaleEnd = 1.5;
const colors = {
  met: "#2a9d6f",
  missed: "#d1495b",
  free: "#5b7db1",
  ink: "#222",
  faint: "#999",
  ground: "#fff",
};

/** @param {number} ratio */
const x = (ratio) => left + (Math.min(ratio, scaleEnd) / scaleEnd) * (width - left - right);

/** @param {string} text */
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/**
 * @param {Row[]} rows
 * @param {string} subtitle
 */
export function picture(rows, subtitle) {
  const bars = rows.flatMap(({ key, label, ratios }) =>
    key.includes("-") ? [] : ratios.map((ratio) => ({ label, ...ratio })),
  );
  const height = top + bars.length * (barHeight + gap) + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${colors.ink}">
<title>${title}</title>
<rect width="100%" height="100%" fill="${colors.ground}"/>
<text x="16" y="26" font-size="17" font-weight="600">${title}</text>
<text x="16" y="46" fill="${colors.faint}">${escaped(subtitle)}</text>
${gridLine(0.5, height)}
${gridLine(1, height)}
${bars.map(bar).join("\n")}
</svg>
`;
}

/**
 * @param {number} ratio
 * @param {number} height
 */
function gridLine(ratio, height) {
  return `<line x1="${x(ratio)}" x2="${x(ratio)}" y1="${top - 8}" y2="${height - 12}" stroke="${colors.faint}" stroke-dasharray="2 3"/>
<text x="${x(ratio)}" y="${top - 13}" text-anchor="middle" fill="${colors.faint}">${ratio.toFixed(1)}</text>`;
}

/**
 * @param {import("../results.mjs").Ratio & { label: string }} entry
 * @param {number} index
 */
function bar({ label, control, ratio, target, met }, index) {
  const y = top + index * (barHeight + gap);
  const color = met === undefined ? colors.free : met ? colors.met : colors.missed;
  const middle = y + barHeight - 4;
  const mark =
    target === undefined
      ? ""
      : `<rect x="${x(target) - 1}" y="${y - 2}" width="2" height="${barHeight + 4}" fill="${colors.ink}"/>`;
  return `<text x="${left - 10}" y="${middle}" text-anchor="end">${escaped(label)} <tspan fill="${colors.faint}">/ ${labels[control]}</tspan></text>
<rect x="${left}" y="${y}" width="${x(ratio) - left}" height="${barHeight}" fill="${color}"/>${mark}
<text x="${Math.max(x(ratio), x(target ?? 0)) + 6}" y="${middle}">${ratio.toFixed(2)}</text>`;
}
