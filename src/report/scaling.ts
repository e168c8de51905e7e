// How FVU grows with width and with active latents, in one picture: a line a value of the one over the other.
import type { JointLaw, PowerLaw, Scaling } from '../study/sweep/scaling.js';
import type { SweepResult, SweepRow } from '../study/sweep/types.js';
import { html, type Markup } from './html.js';
import { type Axis, chart, key, type Series } from './sweep-chart.js';

/** What the charts draw: an SAE, or the plane of principal components that stands beside it. */
type Drawn = Pick<SweepRow, 'name' | 'l0' | 'fvu'> & { dSae?: number };

const WIDTH: Axis<Drawn> = { label: 'd_sae, latents', value: (r) => r.dSae, log: true };
const ACTIVE: Axis<Drawn> = { label: 'L0, active latents per vector', value: (r) => r.l0, log: true };
const FVU: Axis<Drawn> = { label: 'FVU', value: (r) => r.fvu, log: true };

const fitted = ({ factor, exponent }: PowerLaw) => ({
  // For drawing alone: a pixel does not tell the last bits of a power.
  law: (x: number) => factor * x ** -exponent,
});

/** One section for each architecture with several widths; nothing for the rest. */
export const scalingSections = (result: SweepResult): Markup =>
  html`${result.scaling.map((scaling) => section(result, scaling))}`;

function section({ rows, pca }: SweepResult, s: Scaling): Markup {
  const own = rows.filter((r) => r.architecture === s.architecture && r.error === undefined);
  const overWidth: Series<Drawn>[] = s.byWidth.map((law) => ({
    name: `${own.find((r) => r.knob?.value === law.knob)?.knob?.name ?? ''} ${law.knob}`,
    rows: own.filter((r) => r.knob?.value === law.knob),
    ...fitted(law),
  }));
  const overActive: Series<Drawn>[] = s.byActive.map((law) => ({
    name: `${law.dSae} latents`,
    rows: own.filter((r) => r.dSae === law.dSae),
    ...fitted(law),
  }));
  if (pca?.length)
    overActive.push({
      name: 'principal components, as many',
      rows: pca.map((p) => ({ name: `${p.dimensions} principal components`, l0: p.dimensions, fvu: p.fvu })),
    });
  return html`<section><h2>How ${s.architecture} scales</h2>
${s.joint !== null && html`<p>${jointText(s.joint)}</p>`}
<div class="two">
${overWidth.length > 0 && html`<div>${key(overWidth.map((w) => w.name))}${chart(overWidth, 'FVU over width', WIDTH, FVU)}</div>`}
${overActive.length > 0 && html`<div>${key(overActive.map((w) => w.name))}${chart(overActive, 'FVU over active latents', ACTIVE, FVU)}</div>`}
</div>
<p class="note">Marks are SAEs, lines power laws fitted to them. A law through two or three points always fits; what it says of an SAE that it did not see tells more.${pca !== null && html` Principal components: the best plane of as many dimensions, which knows no features.`} All SAEs have the same number of steps: wide ones may not have converged.</p>
<div class="scroll"><table><thead><tr><th scope="col">SAEs</th><th scope="col">FVU falls with</th><th scope="col">exponent</th><th scope="col">r²</th><th scope="col">points</th></tr></thead><tbody>
${s.byWidth.map((law, i) => lawRow(overWidth[i].name, 'd_sae', law))}${s.byActive.map((law, i) => lawRow(overActive[i].name, 'L0', law))}
</tbody></table></div></section>`;
}

const lawRow = (name: string, over: string, { exponent, r2, points }: PowerLaw): Markup =>
  html`<tr><td>${name}</td><td>${over}</td><td>${(-exponent).toFixed(3)}</td><td>${points > 2 ? r2.toFixed(3) : ''}</td><td>${points}</td></tr>`;

/** What a terminal and the page say of a joint law. */
export function jointText({ factor, width, active, r2, points, worst, foretold }: JointLaw): string {
  const law = `FVU ≈ ${factor.toPrecision(3)} · d_sae^${(-width).toFixed(3)} · L0^${(-active).toFixed(3)} (r² ${r2.toFixed(3)} over ${points} SAEs, at most ${(100 * worst).toFixed(1)} % off).`;
  if (!foretold) return law;
  const off = 100 * (foretold.measured / foretold.predicted - 1);
  return `${law} Fitted without ${foretold.name}, it foretells ${foretold.predicted.toFixed(4)} there; measured ${foretold.measured.toFixed(4)} (${off > 0 ? '+' : ''}${off.toFixed(1)} %).`;
}
