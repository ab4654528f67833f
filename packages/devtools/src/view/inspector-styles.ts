/** The looks of an inspector, on top of those of every panel. */
export const INSPECTOR_CSS = `
.inspector .status { display: inline-flex; align-items: center; gap: 6px; font-weight: 600; }
.status::before { content: ""; width: 9px; height: 9px; border-radius: 50%; background: var(--muted); }
.status[data-status="connected"]::before { background: var(--good); }
.status[data-status="disconnected"]::before { background: var(--bad); }
.inspector dl.figures { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 0 auto; font: inherit; padding: 0; }
.figures div { display: flex; gap: 6px; white-space: nowrap; }
.inspector dd { font-variant-numeric: tabular-nums; }
.admit, .join { display: flex; gap: 6px; }
.admit { margin-left: auto; }
.inspector .note { margin: 0; padding: 6px 12px; color: var(--bad); background: var(--bad-bg); border-bottom: 1px solid var(--border); }

.scroll { flex: 1; min-height: 0; overflow: auto; scrollbar-width: thin; }
.namespaces { flex: 0 0 320px; border-right: 1px solid var(--border); }
table { border-collapse: collapse; width: 100%; }
thead th { position: sticky; top: 0; background: var(--bg); color: var(--muted); font-weight: 500; font-size: 12px; z-index: 1; box-shadow: inset 0 -1px var(--border); }
th, td { text-align: left; padding: 0 10px; height: 30px; white-space: nowrap; font-weight: 400; }
td { color: var(--muted); font-variant-numeric: tabular-nums; }
td.wide { max-width: 200px; overflow: hidden; text-overflow: ellipsis; }
.number { text-align: right; }
tbody tr { border-bottom: 1px solid color-mix(in srgb, var(--border) 55%, var(--bg)); }
tbody tr:hover { background: var(--hover); }
tbody tr.chosen { background: var(--chosen); }
tr.chosen td { color: var(--text); }
.name { border: 0; background: none; padding: 0; height: 30px; font: 12px var(--mono); max-width: 22ch; overflow: hidden; text-overflow: ellipsis; display: block; text-align: left; }
.name:hover:not(:disabled) { background: none; text-decoration: underline; }
.tabs button[aria-pressed="true"] { color: var(--text); background: var(--chosen); font-weight: 600; }
.none { color: var(--muted); text-align: center; padding: 24px; }
.inspector .foot { height: 38px; justify-content: space-between; }
.pages { display: flex; gap: 6px; }
.danger { color: var(--bad); border-color: currentColor; }
.rooms { list-style: none; margin: 0 0 12px; padding: 0; max-height: 180px; overflow: auto; }
.rooms:empty { display: none; }
.rooms li { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 2px 0; font: 12px var(--mono); overflow-wrap: anywhere; }
.rooms button { font: 13px system-ui; }
.acts { display: flex; flex-wrap: wrap; gap: 6px; }
.join { flex-basis: 100%; }
.join input { flex: 1; min-width: 0; }
dialog { color: var(--text); background: var(--bg); border: 1px solid var(--border); border-radius: 10px; padding: 18px 20px; max-width: min(420px, 90vw); box-shadow: 0 12px 40px rgb(0 0 0 / .3); }
dialog::backdrop { background: rgb(0 0 0 / .45); }
dialog h2 { margin: 0 0 8px; font-size: 16px; }
dialog p { margin: 0 0 16px; overflow-wrap: anywhere; }
.answers { display: flex; justify-content: flex-end; gap: 8px; }

@container panel (max-width: 860px) {
  .inspector .main { flex-direction: column; }
  .namespaces { flex: 0 0 auto; max-height: 130px; border-right: 0; border-bottom: 1px solid var(--border); }
}
@container panel (max-width: 520px) {
  .inspector .wide { display: none; }
  .inspector .main:has(.detail) .pane { display: none; }
  .inspector .detail { flex: 1; max-height: none; }
  .inspector dl.figures { margin: 0; }
  .name { height: 38px; }
  .inspector .foot { height: 46px; }
}
`;
