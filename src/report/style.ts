// The report's one style sheet. Light and dark, a phone's width, paper.

export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfaf7;--card:#fff;--ink:#1d2126;--soft:#5c6570;--line:#e3e0d8;--neuron:#2563a8;--feature:#d9730d;--gap:#b3261e;--good:#2e7d4f}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1b1f24;--ink:#e8e6e1;--soft:#9aa3ad;--line:#2d333a;--neuron:#6ea8e8;--feature:#f2a154;--gap:#f07067;--good:#74c69a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:68rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:0 0 .6rem}
p{margin:.4rem 0 .8rem;max-width:46rem}
.lead{font-size:1.12rem}
.soft,figcaption,.note{color:var(--soft);font-size:.9rem}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.3rem 1.4rem;margin:1.2rem 0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.8rem;margin:1.4rem 0}
.fact{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.8rem 1rem}
.fact b{display:block;font-size:1.55rem;font-weight:650;font-variant-numeric:tabular-nums}
.fact span{color:var(--soft);font-size:.85rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem}
figure{margin:0}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}
svg .title{fill:var(--ink);font-weight:600;font-size:12px}
.ring{fill:none;stroke:var(--line)}
.axis{stroke:var(--line);stroke-width:1}
.neuron{fill:var(--neuron);stroke:var(--neuron)}
.feature{fill:var(--feature);stroke:var(--feature)}
.petal{fill-opacity:.16;stroke-width:1.3}
.curve{fill:none;stroke-width:1.6}
.natural{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:2 2}
.area{fill-opacity:.14;stroke:none}
.wedge{fill:var(--gap);fill-opacity:.09;stroke:none}
.wedge-edge{stroke:var(--gap);stroke-dasharray:3 3;stroke-opacity:.6}
svg .gap-label{fill:var(--gap);font-weight:700;font-size:13px;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.truth{fill:none;stroke:var(--good);stroke-width:2}
.bar{stroke:none;fill-opacity:.75}
.cell{fill:var(--feature);stroke:none}
.small{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.6rem,1fr));gap:.7rem .9rem}
.key{display:flex;gap:1.2rem;flex-wrap:wrap;margin:.3rem 0 .8rem;font-size:.9rem}
.key i{display:inline-block;width:.8rem;height:.8rem;border-radius:3px;margin-right:.4rem;vertical-align:-.08rem;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.k-neuron{background:var(--neuron)}.k-feature{background:var(--feature)}.k-gap{background:var(--gap);opacity:.4}.k-truth{border:2px solid var(--good)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.32rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
table.words th,table.words td:first-child{white-space:normal}
th{color:var(--soft);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:0;font-size:.92rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code,pre{font:.86rem/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--bg);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;margin:.6rem 0}
.warn{border-left:4px solid var(--gap);padding-left:.9rem}
@media(max-width:34rem){main{padding:1.4rem .8rem 3rem}section{padding:1rem .9rem}dl{grid-template-columns:1fr;gap:.05rem}dd{margin-bottom:.5rem}}
@media print{body{background:#fff}main{max-width:none;padding:0}section,.fact{break-inside:avoid;border-color:#ccc}.scroll{overflow:visible}th,td{white-space:normal}}
`;

/** Ten colours for lines and marks of one chart. */
export const SERIES_STYLE = `
.s0{--c:#2563a8}.s1{--c:#d9730d}.s2{--c:#2e7d4f}.s3{--c:#b3261e}.s4{--c:#7a4bb0}.s5{--c:#0f8a8a}.s6{--c:#8a6d1b}.s7{--c:#b0377f}.s8{--c:#5c6570}.s9{--c:#3b3f8f}
@media(prefers-color-scheme:dark){.s0{--c:#6ea8e8}.s1{--c:#f2a154}.s2{--c:#74c69a}.s3{--c:#f07067}.s4{--c:#b794e8}.s5{--c:#5fd0d0}.s6{--c:#d8bf6a}.s7{--c:#ef86c0}.s8{--c:#aab3bd}.s9{--c:#9aa0f0}}
.series path{fill:none;stroke:var(--c);stroke-width:1.6}
.series .mark{fill:var(--c);stroke:var(--card);stroke-width:1}
.series text{fill:var(--c);font-weight:600}
`;
