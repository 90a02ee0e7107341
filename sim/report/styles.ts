const LIGHT = `
  --background: #f6f6f4; --panel: #ffffff; --line: #e6e6e2; --text: #22262b; --muted: #666d76; --accent: #2563c9;
  --bad: #c22f2f; --bad-soft: #fbe9e7; --good: #2c7a45; --good-soft: #e6f3ea; --fault: #b7791f; --fault-soft: rgb(214 158 46 / 14%);
  --up: #b9c0c8; --paused: #e2c185; --down: #d9a3a3; --slave: #c9ced4; --candidate: #d69e2e; --vote: #7a5bb0; --commit: #2c7a45; --install: #8c6bb1;
  --set: #3d6fa8; --get: #4c8577; --delete: #a35f2f; --on-fill: #ffffff;
  --replication: #4a74a8; --kv: #3f8a6b; --membership: #9a8f80; --cluster: #9462a8;
  --term0: #5a7a99; --term1: #3f7cb5; --term2: #c2711f; --term3: #2f8a7a; --term4: #8a5fb0; --term5: #b3527f; --term6: #74852a; --term7: #8d6748;`

const DARK = `
  --background: #14171b; --panel: #1b1f24; --line: #2a2f36; --text: #dce1e7; --muted: #929aa5; --accent: #6ea8ff;
  --bad: #ff7b72; --bad-soft: #2c1e22; --good: #6fcf8e; --good-soft: #1c3325; --fault: #e0aa4e; --fault-soft: rgb(224 170 78 / 13%);
  --up: #4a525c; --paused: #7d6430; --down: #6e3c3c; --slave: #454c55; --candidate: #e0aa4e; --vote: #b99af0; --commit: #6fcf8e; --install: #a98bd6;
  --set: #6b9fdc; --get: #62b5a2; --delete: #d9935f; --on-fill: #0f1215;
  --replication: #79a9e6; --kv: #68c49b; --membership: #8d8578; --cluster: #c795dd;
  --term0: #8aa9c8; --term1: #5e9fdd; --term2: #eda45a; --term3: #5cc4b2; --term4: #b893e6; --term5: #e58ab5; --term6: #b3c75c; --term7: #c9a27e;`

/** The style of the page: calm, dense, in the scheme of the system or the one chosen. */
export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
:root[data-theme=light] { color-scheme: light; ${LIGHT} }
:root[data-theme=dark] { color-scheme: dark; ${DARK} }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { margin: 0; height: 100%; }
body { display: flex; flex-direction: column; background: var(--background); color: var(--text); font: 13px/1.45 ui-sans-serif, system-ui, sans-serif; }
code, .at, .node, pre, #details, #range { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: 12px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -1px; }
button, select, input[type=search] { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 2px 8px; height: 26px; }
button { cursor: pointer; }
button:hover { border-color: var(--muted); }
header { padding: 12px 16px 8px; max-height: 46vh; overflow-y: auto; flex: none; }
.title { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; }
h1 { font-size: 18px; line-height: 1.3; margin: 0; font-weight: 650; overflow-wrap: anywhere; }
.pill { border-radius: 10px; padding: 1px 9px; font-weight: 600; background: var(--good-soft); color: var(--good); }
.pill.bad { background: var(--bad-soft); color: var(--bad); }
.title .facts { color: var(--muted); display: flex; flex-wrap: wrap; gap: 2px 14px; flex: 1; }
.title .facts b { font-weight: 500; color: var(--text); }
.about { margin: 4px 0 6px; color: var(--muted); white-space: pre-line; max-width: 110ch; }
.again { display: flex; gap: 8px; align-items: center; margin: 4px 0; }
.again code { background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 3px 8px; overflow-wrap: anywhere; }
.broken { margin: 6px 0; padding: 0; list-style: none; border-left: 3px solid var(--bad); }
.broken li { padding: 1px 0 1px 10px; overflow-wrap: anywhere; }
.broken b { color: var(--bad); font-weight: 600; }
.broken .which { color: var(--muted); display: inline-block; min-width: 34px; }
.broken .promise { color: var(--muted); }
details { margin: 3px 0; }
.more { display: flex; flex-wrap: wrap; gap: 0 18px; }
.more details[open] { flex-basis: 100%; min-width: 0; }
summary { cursor: pointer; color: var(--muted); width: fit-content; }
details .broken { margin-left: 2px; }
.options { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 0 20px; margin: 4px 0; }
.options div { display: flex; justify-content: space-between; gap: 10px; border-bottom: 1px solid var(--line); padding: 1px 0; }
.options dt { color: var(--muted); }
.options dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre { margin: 4px 0; padding: 8px 10px; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; overflow-x: auto; }
.bar { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; padding: 6px 16px; border-block: 1px solid var(--line); background: var(--panel); flex: none; }
.group { display: flex; gap: 4px; align-items: center; }
.group .name { color: var(--muted); margin-right: 2px; }
#range { color: var(--muted); min-width: 190px; font-variant-numeric: tabular-nums; }
#filter-text { width: 170px; }
.switch { display: inline-flex; gap: 4px; align-items: center; padding: 0 3px; cursor: pointer; }
.switch input { margin: 0; accent-color: var(--accent); }
#channels .replication { color: var(--replication); } #channels .kv { color: var(--kv); } #channels .membership { color: var(--membership); } #channels .cluster { color: var(--cluster); }
main { flex: 1; min-height: 360px; display: grid; grid-template-columns: minmax(0, 1fr) minmax(300px, 27vw); }
.time { display: flex; flex-direction: column; min-width: 0; min-height: 0; background: var(--panel); }
.strip { flex: none; position: relative; overflow: hidden; border-bottom: 1px solid var(--line); }
#overview { height: 38px; cursor: ew-resize; background: var(--background); }
#axis { height: 38px; }
.pane { position: relative; overflow: hidden auto; flex: 1 1 0; min-height: 90px; scrollbar-width: thin; cursor: grab; touch-action: pan-y; overscroll-behavior: contain; }
#keys { border-top: 3px double var(--line); }
canvas { display: block; position: sticky; top: 0; }
.spacer { min-height: 100%; }
#messages-note { padding: 2px 12px; color: var(--muted); border-top: 1px solid var(--line); font-size: 12px; }
aside { display: flex; flex-direction: column; min-height: 0; min-width: 0; border-left: 1px solid var(--line); background: var(--panel); }
#kinds { display: flex; flex-wrap: wrap; gap: 2px 5px; padding: 6px 8px 2px; font-size: 12px; }
#list-count { padding: 0 10px 4px; color: var(--muted); font-size: 12px; }
#list { flex: 1; min-height: 100px; overflow: auto; position: relative; border-block: 1px solid var(--line); scrollbar-width: thin; }
#list-inner { position: relative; min-width: 100%; }
.event { position: absolute; top: 0; left: 0; min-width: 100%; height: 19px; line-height: 19px; padding: 0 10px; white-space: pre; cursor: pointer; display: flex; gap: 8px; border-left: 3px solid transparent; font-size: 12px; }
.event.in-view { border-left-color: var(--accent); }
.event:hover { background: var(--background); }
.event[aria-selected=true] { background: var(--accent); color: var(--panel); }
.event .at { flex: none; min-width: 78px; text-align: right; color: var(--muted); font-size: 11.5px; }
.event .node { flex: none; min-width: 44px; font-size: 11.5px; }
.event.violation .what { color: var(--bad); font-weight: 600; }
.event.fault .what { color: var(--fault); }
.event.operation .what { color: var(--set); }
.event.message .what { color: var(--muted); }
.event[aria-selected=true] span { color: inherit !important; }
#details { flex: none; min-height: 84px; max-height: 34%; overflow: auto; margin: 0; padding: 8px 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { display: flex; flex-wrap: wrap; gap: 3px 16px; padding: 5px 16px; border-top: 1px solid var(--line); color: var(--muted); font-size: 12px; flex: none; }
footer span { display: inline-flex; gap: 5px; align-items: center; }
footer i { width: 14px; height: 9px; display: inline-block; }
footer kbd { font: 11px ui-monospace, monospace; border: 1px solid var(--line); border-radius: 3px; padding: 0 4px; background: var(--panel); }
#tip { position: fixed; top: 0; left: 0; max-width: min(520px, 90vw); padding: 6px 9px; background: var(--text); color: var(--panel); border-radius: 4px; font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere; pointer-events: none; z-index: 9; max-height: 60vh; overflow: hidden; }
.l-up { background: var(--up); } .l-paused { background: var(--paused); } .l-fault { background: var(--fault); opacity: .5; } .l-candidate { background: var(--candidate); } .l-install { background: var(--install); }
.l-slave { background: linear-gradient(transparent 35%, var(--slave) 35% 65%, transparent 65%); } .l-term { background: linear-gradient(90deg, var(--term1) 33%, var(--term2) 33% 66%, var(--term3) 66%); }
.l-vote { background: var(--vote); clip-path: polygon(50% 0, 82% 50%, 50% 100%, 18% 50%); } .l-entry { background: linear-gradient(90deg, var(--muted) 3px, transparent 3px 5px, var(--accent) 5px 8px, transparent 8px 10px, var(--commit) 10px 13px, transparent 13px); }
.l-set { background: var(--set); } .l-get { background: var(--get); } .l-delete { background: var(--delete); } .l-open { border: 1px dashed var(--set); border-right: 0; } .l-bad { background: var(--bad); } .l-selected { background: var(--accent); width: 3px; }
@media (max-width: 900px) {
  html, body { height: auto; }
  header { max-height: none; }
  main { display: flex; flex-direction: column; }
  .pane { flex: none !important; height: 320px; }
  #keys { height: 240px; }
  aside { border-left: 0; border-top: 1px solid var(--line); }
  #list { height: 300px; flex: none; }
  #range { min-width: 0; }
}
@media (prefers-reduced-motion: no-preference) { button { transition: border-color .12s; } }
`
