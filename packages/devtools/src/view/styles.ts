/** The looks: one style sheet, adopted by each panel's shadow root, so that pages import nothing. */

/** The height of every row, in pixels. */
export const ROW_HEIGHT = 30;

const CSS = `
:host {
  color-scheme: light dark;
  --bg: light-dark(#ffffff, #10151b);
  --raised: light-dark(#f6f7f9, #171d25);
  --hover: light-dark(#f0f4f9, #1a222c);
  --chosen: light-dark(#e2edfd, #1d2f4a);
  --related: light-dark(#f1f6fe, #17222f);
  --text: light-dark(#1b232e, #e3e9f0);
  --muted: light-dark(#566273, #9aa7b7);
  --border: light-dark(#dfe4ea, #28313c);
  --lifeline: light-dark(#c3ccd6, #3d4856);
  --out: light-dark(#1a5ad0, #7db0ff);
  --in: light-dark(#08735a, #54d3a8);
  --beat: light-dark(#9d3277, #ec90c6);
  --link: light-dark(#6740c4, #b7a0ff);
  --bad: light-dark(#bb2222, #ff8f86);
  --bad-bg: light-dark(#fdf0ef, #2b191b);
  --good: light-dark(#08735a, #54d3a8);
  --good-bg: light-dark(#edf8f4, #12251f);
  --focus: light-dark(#1a5ad0, #7db0ff);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  display: block;
  box-sizing: border-box;
  height: 480px;
  min-height: 200px;
  color: var(--text);
  background: var(--bg);
  font: 13px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  container: panel / inline-size;
  border: 1px solid var(--border);
  border-radius: 8px;
  overflow: hidden;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
strong { font-weight: 600; }
.panel { display: flex; flex-direction: column; height: 100%; }

button, select, input {
  font: inherit; color: inherit; background: var(--bg);
  border: 1px solid var(--border); border-radius: 6px; height: 28px; padding: 0 9px; margin: 0;
}
button { cursor: pointer; white-space: nowrap; }
button:hover:not(:disabled) { background: var(--hover); }
button:disabled { color: var(--muted); cursor: default; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px; }
input::placeholder { color: var(--muted); opacity: 1; }

.bar {
  display: flex; flex-wrap: wrap; align-items: center; gap: 6px;
  padding: 8px; border-bottom: 1px solid var(--border); background: var(--raised);
}
.tabs { display: inline-flex; border: 1px solid var(--border); border-radius: 6px; overflow: hidden; }
.tabs button { border: 0; border-radius: 0; background: var(--bg); color: var(--muted); }
.tabs button + button { border-left: 1px solid var(--border); }
.tabs button[aria-selected="true"] { color: var(--text); background: var(--chosen); font-weight: 600; }
.search { flex: 1 1 120px; min-width: 90px; }
.chips { display: inline-flex; gap: 4px; }
.chips button { border-radius: 14px; color: var(--muted); border-style: dashed; }
.chips button[aria-pressed="true"] { color: var(--text); border-style: solid; background: var(--bg); }
.chips i { display: inline-block; width: 7px; height: 7px; border-radius: 50%; margin-right: 6px; vertical-align: 1px; background: transparent; box-shadow: inset 0 0 0 1.5px var(--dot); }
.chips button[aria-pressed="true"] i { background: var(--dot); }
.chips .events { --dot: var(--out); } .chips .connection { --dot: var(--link); }
.chips .heartbeat { --dot: var(--beat); } .chips .http { --dot: var(--muted); }
.actions { display: inline-flex; gap: 4px; }
.actions .on { color: var(--bad); border-color: currentColor; }

.main { flex: 1; min-height: 0; display: flex; }
.pane { flex: 1 1 0; min-width: 0; min-height: 0; display: flex; flex-direction: column; position: relative; }
.head {
  display: grid; align-items: center; height: 28px; color: var(--muted); font-size: 12px;
  border-bottom: 1px solid var(--border); padding-right: var(--gutter, 0);
}
.scroller { flex: 1; min-height: 0; overflow-y: auto; overflow-x: hidden; overflow-anchor: none; scrollbar-width: thin; }
.spacer { position: relative; min-height: 100%; overflow: hidden; }
.row {
  position: absolute; inset: 0 0 auto 0; height: ${ROW_HEIGHT}px; display: grid; align-items: stretch;
  line-height: ${ROW_HEIGHT}px; cursor: default; contain: strict; --ink: var(--muted);
}
.timeline .row, .timeline .head { grid-template-columns: 74px 1fr 76px; }
.packets .row, .packets .head { grid-template-columns: 74px 20px 84px 1fr 118px; }
.row:hover { background: var(--hover); }
.row.related { background: var(--related); }
.row.selected { background: var(--chosen); }
.scroller:focus-visible .row.selected { box-shadow: inset 3px 0 var(--focus); }
.row.out { --ink: var(--out); } .row.in { --ink: var(--in); }
.row.frame, .row.packet.connection { --ink: var(--link); }
.row.heartbeat { --ink: var(--beat); }
.row.http { --ink: var(--muted); }
.row.bad { --ink: var(--bad); } .row.good { --ink: var(--good); }
.cells { display: contents; }
.time, .figures { color: var(--muted); font: 11.5px/${ROW_HEIGHT}px var(--mono); white-space: nowrap; }
.time { text-align: right; padding-right: 10px; }
.figures { display: flex; justify-content: flex-end; gap: 8px; padding-right: 10px; }
.took { color: var(--text); }
.timeline .took:not(:empty) + .bytes { display: none; }
.summary { color: var(--muted); font: 12px var(--mono); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 0 100 auto; min-width: 0; }
.summary:empty { display: none; }
.badge { color: var(--muted); border: 1px solid var(--border); border-radius: 4px; padding: 0 4px; font-size: 11px; line-height: 16px; flex: none; }
.ack { color: var(--ink); font-size: 11px; flex: none; }

/* The sequence diagram. */
.actors { display: flex; justify-content: space-between; margin: 0 18px; }
.actors span { color: var(--text); font-weight: 600; width: 60px; text-align: center; }
.actors span:first-child { margin-left: -29px; } .actors span:last-child { margin-right: -29px; }
.lane { position: relative; margin: 0 18px; border: solid var(--lifeline); border-width: 0 2px; display: flex; align-items: center; justify-content: center; min-width: 0; }
.arrow { position: absolute; left: 0; right: 0; top: 50%; height: 0; border-top: 1.5px solid var(--ink); }
.http .arrow, .reply .arrow { border-top-style: dashed; }
.arrow::after { content: ""; position: absolute; top: -5.5px; border: 5px solid transparent; }
.out .arrow { right: 2px; } .in .arrow { left: 2px; }
.out .arrow::after { right: -2px; border-left: 8px solid var(--ink); border-right: 0; }
.in .arrow::after { left: -2px; border-right: 8px solid var(--ink); border-left: 0; }
.arrow::before { content: ""; position: absolute; top: -4.25px; width: 7px; height: 7px; border-radius: 50%; background: var(--ink); }
.out .arrow::before { left: -4.5px; } .in .arrow::before { right: -4.5px; }
.label {
  position: relative; display: inline-flex; align-items: center; gap: 6px; max-width: calc(100% - 44px);
  padding: 0 8px; background: var(--bg); line-height: 20px; overflow: hidden;
}
.label strong, .text strong { color: var(--ink); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; flex: 0 0 auto; max-width: 100%; }
.row:hover .label { background: var(--hover); } .row.related .label { background: var(--related); } .row.selected .label { background: var(--chosen); }
.http .label strong { font-weight: 500; }
.unlinked .lane { border-style: dotted; }
.note-text {
  display: flex; gap: 8px; align-items: center; max-width: calc(100% + 20px); margin: 0 -10px; padding: 0 10px; line-height: 20px;
  border: 1px solid var(--border); border-radius: 5px; background: var(--raised); white-space: nowrap; overflow: hidden; position: relative;
}
.note-text strong { color: var(--text); flex: none; }
.note.bad .note-text { background: var(--bad-bg); border-color: color-mix(in srgb, var(--bad) 45%, var(--bg)); } .note.bad .note-text strong { color: var(--bad); }
.note.good .note-text { background: var(--good-bg); border-color: color-mix(in srgb, var(--good) 45%, var(--bg)); } .note.good .note-text strong { color: var(--good); }
.note-detail { color: var(--muted); font-size: 12px; overflow: hidden; text-overflow: ellipsis; }
.note.bad .note-detail, .note.good .note-detail { color: var(--text); }

/* The packet list. */
.packets .row { border-bottom: 1px solid color-mix(in srgb, var(--border) 55%, var(--bg)); }
.packets .direction { color: var(--ink); font-weight: 700; text-align: center; }
.packets .kind { color: var(--muted); font-size: 11px; letter-spacing: .02em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding-right: 6px; }
.packets .text { display: flex; gap: 8px; align-items: center; min-width: 0; overflow: hidden; }
.packets .bytes { min-width: 52px; text-align: right; }
.packets .head span:last-child { text-align: right; padding-right: 10px; }
.head .time-title { text-align: right; padding-right: 10px; }

.empty { position: absolute; inset: 28px 0 0 0; display: grid; place-content: center; text-align: center; color: var(--muted); padding: 24px; pointer-events: none; }
.latest { position: absolute; bottom: 12px; left: 50%; transform: translateX(-50%); border-radius: 14px; box-shadow: 0 2px 10px rgb(0 0 0 / .18); background: var(--bg); }
.fresh { animation: arrive .25s ease-out; }
@keyframes arrive { from { opacity: 0; } }
@media (prefers-reduced-motion: reduce) { .fresh { animation: none; } }

.detail { flex: 0 0 min(380px, 42%); border-left: 1px solid var(--border); background: var(--raised); display: flex; flex-direction: column; min-width: 0; }
.detail header { display: flex; align-items: center; gap: 6px; padding: 8px 8px 8px 12px; }
.detail h2 { flex: 1; margin: 0; font-size: 14px; font-weight: 600; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.detail .body { flex: 1; min-height: 0; overflow: auto; padding: 0 12px 12px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 14px; margin: 0 0 10px; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre { margin: 0; padding: 10px; border: 1px solid var(--border); border-radius: 6px; background: var(--bg); font: 12px/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
.link { border: 0; background: none; padding: 0; height: auto; color: var(--out); text-decoration: underline; }

.foot { display: flex; gap: 14px; align-items: center; padding: 0 12px; height: 26px; font-size: 12px; color: var(--muted); border-top: 1px solid var(--border); background: var(--raised); white-space: nowrap; overflow: hidden; }
.foot .keys { margin-left: auto; overflow: hidden; text-overflow: ellipsis; }
kbd { font: 11px var(--mono); border: 1px solid var(--border); border-radius: 3px; padding: 0 4px; background: var(--bg); color: var(--text); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

@container panel (max-width: 700px) {
  .main { flex-direction: column; }
  .detail { flex: 0 1 auto; max-height: 55%; border-left: 0; border-top: 1px solid var(--border); }
  .foot .keys { display: none; }
  .packets .row, .packets .head { grid-template-columns: 62px 18px 1fr 62px; }
  .packets .kind, .packets .head .kind-title { display: none; }
  .packets .took:not(:empty) + .bytes { display: none; }
}
@container panel (max-width: 520px) {
  .timeline .row, .timeline .head { grid-template-columns: 56px 1fr 60px; }
  .time, .figures { font-size: 11px; } .time { padding-right: 4px; } .figures { padding-right: 6px; }
  .lane, .actors { margin: 0 12px; }
  .label { max-width: calc(100% - 30px); padding: 0 4px; gap: 4px; }
  .bar { gap: 6px; padding: 6px; }
  button, select, input { height: 34px; }
  .link { height: auto; }
  .search { flex-basis: 90px; }
  .actions { order: 1; }
  .chips { order: 2; overflow-x: auto; max-width: 100%; scrollbar-width: none; }
  .chips button { height: 30px; }
}
@media (forced-colors: active) {
  .row.selected { outline: 2px solid Highlight; outline-offset: -2px; }
  .arrow, .arrow::before { border-color: CanvasText; }
}
`;

/** One for each text, shared by all panels. */
const sheets = new Map<string, CSSStyleSheet>();

function sheetOf(text: string): CSSStyleSheet {
  const known = sheets.get(text);
  if (known) return known;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  sheets.set(text, sheet);
  return sheet;
}

/** Puts the looks into a shadow root, and those of one kind of panel on top. */
export function applyStyles(root: ShadowRoot, ...more: string[]): void {
  const texts = [CSS, ...more];
  if ("adoptedStyleSheets" in root && "replaceSync" in CSSStyleSheet.prototype) {
    root.adoptedStyleSheets = texts.map(sheetOf);
  } else {
    const style = document.createElement("style");
    style.textContent = texts.join("");
    (root as ShadowRoot).append(style);
  }
}
