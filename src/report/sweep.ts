// The page of a sweep: sparsity against fidelity, one line an architecture; how much each
// shrinks; the table. One self-contained file, as report.ts.
import { sha256Base64 } from '../core/hash.js';
import type { TrainProgress } from '../sae/types.js';
import { paretoFront } from '../study/sweep/fronts.js';
import type { SweepResult, SweepRow } from '../study/sweep/types.js';
import { trainingLines } from './charts.js';
import { html, type Markup } from './html.js';
import { scalingSections } from './scaling.js';
import { SERIES_STYLE, STYLE } from './style.js';
import { type Axis, chart, key } from './sweep-chart.js';

const SWEEP_STYLE = `
.series text{fill:var(--soft)}
.series .title{fill:var(--ink)}
@media(max-width:34rem){.two svg text{font-size:15px}}
.key svg{display:inline-block;width:1rem;height:1rem;vertical-align:-.15rem}
td.best{font-weight:700}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(25rem,100%),1fr));gap:1.4rem}
`;

export async function writeSweep(
  result: SweepResult,
  logs: Readonly<Record<string, TrainProgress[]>>,
  commandLine: string,
): Promise<string> {
  const style = STYLE + SERIES_STYLE + SWEEP_STYLE;
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  const archs = [...new Set(result.rows.map((r) => r.architecture))];
  const series = seriesOf(result.rows);
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Sweep of ${archs.length} SAE architectures</title>
<style>`;
  const body = html`</style></head><body><main>
<h1>How few latents for how much fidelity?</h1>
<p class="lead">${lead(result)}</p>
<p class="soft">${result.rows.length} sparse autoencoders, ${result.dIn} → ${[result.dSae].flat().join(', ')}, ${result.steps} steps of ${result.batch} vectors from one stream. Metrics on ${result.vectors} vectors ${result.heldOut ? 'that training did not see' : 'of the training data (none were held out)'}.</p>
<section><h2>Sparsity against fidelity</h2>
<p>Each mark is one SAE; further left is sparser. ${result.downstream && html`Loss recovered: cross-entropy of ${result.downstream.images} photographs with the SAE's reconstruction in place of ${result.downstream.tap}, on the scale from zero ablation (0 %) to the original network (100 %); with few photographs it may pass 100 % by chance, and KL tells more.`}</p>
${key(series.map(({ name }) => name))}
<div class="two">${chart(series, 'L0 against FVU', L0, {
    label: 'FVU',
    value: (r) => r.fvu,
    log: true,
  })}
${
  result.downstream &&
  chart(series, 'L0 against loss recovered', L0, {
    label: 'loss recovered',
    value: (r) => r.downstream?.lossRecovered ?? undefined,
    log: false,
    ideal: 1,
  })
}
${
  result.downstream &&
  chart(series, 'L0 against KL', L0, {
    label: 'KL(original ‖ spliced), nats',
    value: (r) => r.downstream?.kl,
    log: true,
  })
}
${chart(series, 'Shrinkage', L0, { label: 'gamma', value: (r) => r.gamma, log: false, ideal: 1 })}
</div>
<p class="note">gamma = E‖x̂‖² / E[x·x̂]: 1 where activations are not shrunk. Dead: silent on every evaluated vector.${result.rows.some((r) => r.l0 === 0) && ' SAEs whose latents never fire (L0 0) are in the table alone.'}</p></section>
${equal(result, archs)}
${scalingSections(result)}
${table(result)}
${training(result, logs)}
<section><h2>Provenance</h2><dl><dt>activations</dt><dd><code>${result.activations}</code></dd><dt>version</dt><dd>${result.version}</dd><dt>seed</dt><dd>${result.seed}</dd><dt>training</dt><dd>${result.seconds.train.toFixed(1)} s for all SAEs</dd></dl><pre>${commandLine}</pre></section>
</main></body></html>
`;
  return head.text + style + body.text;
}

const L0: Axis<SweepRow> = { label: 'L0, active latents per vector', value: (r) => r.l0, log: true };

/** SAEs of one architecture; where there are several widths, of one width. */
function seriesOf(rows: readonly SweepRow[]): { name: string; knob: string | undefined; rows: SweepRow[] }[] {
  const several = new Set(rows.map((r) => r.dSae)).size > 1;
  const nameOf = (r: SweepRow) => (several ? `${r.architecture}, ${r.dSae} latents` : r.architecture);
  return [...new Set(rows.map(nameOf))].map((name) => {
    const own = rows.filter((r) => nameOf(r) === name);
    return { name, knob: own.find((r) => r.knob)?.knob?.name, rows: own };
  });
}

function lead(result: SweepResult): string {
  const front = paretoFront(result.rows, (r) => r.fvu);
  const names = [...new Set(result.rows.filter((r) => front.has(r.name)).map((r) => r.architecture))];
  if (!names.length) return 'No SAE of this sweep could be evaluated.';
  const list =
    names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}` : names[0];
  return `On the front of L0 against FVU, where no other SAE is both sparser and more faithful: ${list}.`;
}

function equal({ equalFidelity }: SweepResult, archs: readonly string[]): Markup {
  if (!equalFidelity.length) return html``;
  return html`<section><h2>L0 at equal fidelity</h2><p class="note">Interpolated between neighbouring SAEs on the architecture's own front, on logarithmic axes; empty where its SAEs do not reach.</p>
<div class="scroll"><table><thead><tr><th scope="col">FVU</th>${archs.map((a) => html`<th scope="col">${a}</th>`)}</tr></thead><tbody>
${equalFidelity.map(({ fvu, l0 }) => {
  const best = Math.min(...Object.values(l0).flatMap((v) => (v === null ? [] : [v])));
  return html`<tr><td>${fvu}</td>${archs.map((a) => html`<td class="${l0[a] === best ? 'best' : ''}">${l0[a]?.toFixed(1) ?? ''}</td>`)}</tr>`;
})}</tbody></table></div></section>`;
}

function table({ rows, downstream }: SweepResult): Markup {
  const front = paretoFront(rows, (r) => r.fvu);
  const percent = (v: number | null | undefined) =>
    v === null || v === undefined ? '' : `${(100 * v).toFixed(1)} %`;
  return html`<section><h2>All SAEs</h2><p class="note">Bold: on the front of L0 against FVU.</p>
<div class="scroll"><table><thead><tr><th scope="col">SAE</th><th scope="col">L0</th><th scope="col">FVU</th><th scope="col">gamma</th><th scope="col">cosine</th><th scope="col">dead</th>${downstream && html`<th scope="col">loss recovered</th><th scope="col">KL</th><th scope="col">top-1</th>`}</tr></thead><tbody>
${rows.map((r) =>
  r.error === undefined
    ? html`<tr><td class="${front.has(r.name) ? 'best' : ''}">${r.name}</td><td>${r.l0!.toFixed(2)}</td><td>${r.fvu!.toFixed(4)}</td><td>${r.gamma!.toFixed(3)}</td><td>${r.cosine!.toFixed(3)}</td><td>${percent(r.deadFraction)}</td>${downstream && html`<td>${percent(r.downstream?.lossRecovered)}</td><td>${r.downstream?.kl.toFixed(4)}</td><td>${percent(r.downstream?.top1)}</td>`}</tr>`
    : html`<tr><td>${r.name}</td><td colspan="${downstream ? 8 : 5}">${r.error}</td></tr>`,
)}
${downstream && html`<tr><td>original network</td><td></td><td></td><td></td><td></td><td></td><td>100 %</td><td>0</td><td>${percent(downstream.original.top1)}</td></tr><tr><td>zero ablation</td><td></td><td></td><td></td><td></td><td></td><td>0 %</td><td>${downstream.zero.kl.toFixed(4)}</td><td>${percent(downstream.zero.top1)}</td></tr>`}
</tbody></table></div></section>`;
}

/** One panel a series, one line an SAE. */
function training({ rows }: SweepResult, logs: Readonly<Record<string, TrainProgress[]>>): Markup {
  const trained = (r: SweepRow) => (logs[r.name]?.length ?? 0) > 1;
  if (!rows.some(trained)) return html``;
  const panels = seriesOf(rows).flatMap(({ name, knob, rows: own }, i) => {
    const lines = own
      .filter(trained)
      .map((r) => ({ label: r.knob ? String(r.knob.value) : '', log: logs[r.name] }));
    const title = knob ? `${name}, by ${knob}` : name;
    return lines.length
      ? [html`<div class="series s${i % 10}">${trainingLines(lines, 'fvu', title)}</div>`]
      : [];
  });
  return html`<section><h2>Training</h2><p class="note">FVU of the training batches; the other values of the log are in each SAE's folder (log.jsonl).</p><div class="pair">${panels}</div></section>`;
}
