// report.html: one file, no script, no request to anywhere. It passes a strict CSP, which
// it also states itself: default-src 'none' and the hash of its one style sheet.

import { sha256Base64 } from '../core/hash.js';
import { EVIDENCE_TEXT, few, madeControls } from '../study/curves/control-text.js';
import { criterionText } from '../study/curves/detector.js';
import { foundBy } from '../study/curves/evidence.js';
import { unionGap, wideGaps } from '../study/curves/gaps.js';
import type { CurveOptions } from '../study/curves/options.js';
import { firingText } from '../study/curves/statistics.js';
import type { Detector, Spread } from '../study/curves/types.js';
import { OLDER } from '../study/curves/verdict.js';
import type { JobDetails, JobResult } from '../study/result.js';
import { parseUnit } from '../units/unit.js';
import { densityChart, densityHistogram, trainingChart, tuningThumbnail } from './charts.js';
import { Crops, type EncodeJpeg } from './crops.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { type Petal, polarPicture } from './polar.js';
import { STYLE } from './style.js';

/** What the page shows besides the result; a missing part is said to be missing. */
export type ReportExtras = Partial<JobDetails> & { commandLine?: string; curves?: CurveOptions };

/** `encode`: for the photographs of `extras.crops`, which are left out without it. */
export async function writeReport(
  result: JobResult,
  extras: ReportExtras,
  encode?: EncodeJpeg,
): Promise<string> {
  const crops = await Crops.of(extras.crops, encode);
  const style = STYLE + crops.style;
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(style)}'; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Curve detectors in ${result.tap} of ${result.model.name}</title>
<style>`;
  const body = html`</style></head><body><main>
${heading(result)}
${facts(result)}
${coverage(result, extras)}
${curvesSection(result, extras, crops)}
${evidenceTable(result, crops)}
${detectorTable(result, crops)}
${chanceSection(result)}
${trainingSection(result, extras)}
${densitySection(result, extras)}
${provenance(result, extras)}
</main></body></html>
`;
  return page.text + style + body.text;
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function heading(r: JobResult): Markup {
  return html`<h1>Who covers which orientation?</h1>
<p class="lead">${r.verdict ?? OLDER}</p>
<p class="soft">Curve detectors in <b>${r.tap}</b> of <b>${r.model.name}</b>, and in a sparse autoencoder trained on its activations.</p>
${r.numerics === 'relaxed' && html`<p class="warn">Computed with the relaxed build: the last digits may differ from engine to engine.</p>`}
${r.failures.length > 0 && html`<p class="warn">Partial result: ${plural(r.failures.length, 'image')} could not be used; they are listed at the end.</p>`}`;
}

function facts(r: JobResult): Markup {
  const items: [string, string][] = [
    [String(r.curves.neurons.count), 'curve neurons'],
    [String(r.curves.features?.count ?? 0), 'curve features'],
    [
      `${r.curves.neurons.largestGapDeg.toFixed(0)}° → ${(r.curves.features ? unionGap(r.curves) : r.curves.neurons.largestGapDeg).toFixed(0)}°`,
      'largest gap: neurons alone → with features',
    ],
    [r.sae.fvu.toFixed(3), 'fraction of variance unexplained'],
    [r.sae.l0.toFixed(1), 'active features per vector (L0)'],
    ...(r.groundTruth
      ? [
          [`${r.groundTruth.recovered} / ${r.groundTruth.total}`, 'planted curves recovered'] as [
            string,
            string,
          ],
        ]
      : []),
  ];
  return html`<div class="facts">${items.map(([value, label]) => html`<div class="fact"><b>${value}</b><span>${label}</span></div>`)}</div>`;
}

function curveOf(d: Detector, extras: ReportExtras): Float32Array | undefined {
  const unit = parseUnit(d.unit);
  const curves = unit?.kind === 'features' ? extras.tuning?.features : extras.tuning?.units;
  return unit && curves?.[unit.index];
}

function petals(detectors: Detector[], kind: 'neuron' | 'feature', extras: ReportExtras): Petal[] {
  return detectors.flatMap((d) => {
    const curve = curveOf(d, extras);
    return curve ? [{ unit: d.unit, orientationDeg: d.orientationDeg, curve, kind }] : [];
  });
}

function coverage(r: JobResult, extras: ReportExtras): Markup {
  const { neurons, features } = r.curves;
  if (!extras.tuning)
    return html`<section><h2>Orientations</h2><p class="note">The tuning curves of this run are not here, so the picture cannot be drawn.</p></section>`;
  const gaps = neurons.count ? wideGaps(neurons.detectors) : [];
  const truth = r.groundTruth ? (extras.plantedDeg ?? []) : [];
  const own = petals(neurons.detectors, 'neuron', extras);
  return html`<section><h2>Orientations</h2>
<p>Each petal is one tuning curve: how strongly a unit responds to a thin arc whose apex points in that direction, averaged over radii and scaled to its peak. Directions run clockwise on screen; the small arcs outside show the stimulus.</p>
<p class="key"><span><i class="k-neuron"></i>neurons</span>${features && html`<span><i class="k-feature"></i>features</span>`}${gaps.length > 0 && html`<span><i class="k-gap"></i>wide gaps of the neurons</span>`}${truth.length > 0 && html`<span><i class="k-truth"></i>planted curves</span>`}</p>
<div class="pair">${polarPicture('Neurons alone', own, gaps, truth)}${features && polarPicture('Neurons and features', [...own, ...petals(features.detectors, 'feature', extras)], gaps, truth)}</div></section>`;
}

/** What chance gives, beside what the autoencoder has. */
function chanceSection(r: JobResult): Markup {
  const { curves, controls } = r;
  const { features } = curves;
  if (!features || !controls) return html``;
  const own = foundBy(curves);
  const row = (name: string, of: string, cells: readonly string[]) =>
    html`<tr><td>${name}</td><td>${of}</td>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  const spread = ({ mean }: Spread, draws: number, p: number) =>
    draws > 1 ? `${few(mean)} (p = ${few(p)})` : few(mean);
  return html`<section><h2>Against chance</h2>
<p>The same study of dictionaries that cannot know of curves: means of their draws, and p, the share of draws with at least as many as the autoencoder has, one added to both. One draw has no p.</p>
<div class="scroll"><table class="words"><thead><tr><th scope="col">Dictionary</th><th scope="col">Read-outs</th><th scope="col">Curve detectors</th><th scope="col">of these, repeat no neuron</th><th scope="col">of these, as photographs say</th><th scope="col">Gaps filled</th></tr></thead>
<tbody>${row('this autoencoder', String(r.sae.dSae), [String(own.detectors), String(own.novel), String(own.agreeing), String(own.filledGaps)])}
${madeControls(controls).map(([name, c]) =>
  row(name, c.draws > 1 ? `${c.readOuts}, ${c.draws} draws` : String(c.readOuts), [
    spread(c.detectors, c.draws, c.p),
    spread(c.novel, c.draws, c.pNovel),
    spread(c.agreeing, c.draws, c.pAgreeing),
    spread(c.filledGaps, c.draws, c.pFilledGaps),
  ]),
)}</tbody></table></div></section>`;
}

const MOST_THUMBNAILS = 48;

function curvesSection(r: JobResult, extras: ReportExtras, crops: Crops): Markup {
  if (!extras.tuning) return html``;
  const row = (title: string, detectors: Detector[], kind: 'neuron' | 'feature') => {
    const shown = detectors.slice(0, MOST_THUMBNAILS);
    return html`<h3 class="soft">${title}</h3><div class="small">${shown.map((d) => {
      const curve = curveOf(d, extras);
      return (
        curve &&
        html`<div>${tuningThumbnail(d.unit, d.orientationDeg, curve, kind, d.evidence?.natural?.curve)}${crops.row(d.unit)}</div>`
      );
    })}</div>${detectors.length > shown.length && html`<p class="note">${detectors.length - shown.length} more are in the table.</p>`}`;
  };
  const random = crops.row('random');
  return html`<section><h2>Tuning curves</h2>
${extras.crops && random && html`<p>Below each curve, what the unit sees where it fires most: the ${extras.crops.random.spots.length} strongest places, one of a photograph, of the ${extras.crops.places} whose activations were sampled, each cut to the receptive field, which its own place lies in the middle of. For comparison, places drawn at random:</p><p class="chance">${random}</p>${crops.leftOut > 0 && html`<p class="note">${plural(crops.leftOut, 'unit')} more would make this page too large to open: the explorer shows them.</p>`}`}
${row('Neurons, by orientation', r.curves.neurons.detectors, 'neuron')}
${r.curves.features && row('Features, by orientation', r.curves.features.detectors, 'feature')}
${r.curves.features?.detectors.some((d) => d.evidence?.natural?.curve) && html`<p class="note">Dashed: mean activation at the places of photographs whose own edges run that way, scaled to its largest. Photographs that training did not see.</p>`}</section>`;
}

function detectorTable(r: JobResult, crops: Crops): Markup {
  const rows = [
    ...r.curves.neurons.detectors.map((d) => ({ d, kind: 'neuron' })),
    ...(r.curves.features?.detectors ?? []).map((d) => ({ d, kind: 'feature' })),
  ].sort((a, b) => a.d.orientationDeg - b.d.orientationDeg);
  return html`<section><h2>Detectors</h2>
<p class="note">${criterionText()} Line over arc: best response to a straight line over that to the best arc; 1 or more: a line drives it as well. Alignment near 1: the feature copies one neuron.</p>
<div class="scroll"><table><thead><tr><th scope="col">Unit</th><th scope="col">Kind</th><th scope="col">Orientation</th><th scope="col">Argmax</th><th scope="col">Peak</th><th scope="col">Strength</th><th scope="col">Resultant</th><th scope="col">Echo</th><th scope="col">FWHM</th><th scope="col">Line over arc</th><th scope="col">Alignment</th></tr></thead>
<tbody>${rows.map(
    ({ d, kind }) =>
      html`<tr><td>${crops.small(d.unit)}${d.unit}</td><td>${kind}</td><td>${d.orientationDeg.toFixed(1)}°</td><td>${d.argmaxDeg.toFixed(1)}°</td><td>${short(d.peak)}</td><td>${short(d.strength)}</td><td>${d.resultant.toFixed(2)}</td><td>${d.echo.toFixed(2)}</td><td>${d.fwhmDeg.toFixed(1)}°</td><td>${lineText(d)}</td><td>${d.neuronAlignment === undefined ? '' : d.neuronAlignment.toFixed(2)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

/** '' where lines were not drawn. */
function lineText({ line, evidence }: Detector): string {
  const measured = line ?? evidence?.line ?? null;
  return measured === null ? '' : measured.toFixed(2);
}

/** What speaks for each curve feature, and against it. */
function evidenceTable({ curves }: JobResult, crops: Crops): Markup {
  const rows = (curves.features?.detectors ?? []).flatMap(({ unit, orientationDeg, evidence }) =>
    evidence ? [{ unit, orientationDeg, e: evidence }] : [],
  );
  if (!rows.length) return html``;
  return html`<section><h2>Evidence of the features</h2>
<p class="note">${EVIDENCE_TEXT}</p>
<div class="scroll"><table class="words"><thead><tr><th scope="col">Feature</th><th scope="col">Orientation</th><th scope="col">Fires, of ${rows[0].e.vectors}</th><th scope="col">Nearest neuron</th><th scope="col">Repeats no neuron</th><th scope="col">Seeds</th><th scope="col">Photographs off by</th><th scope="col">Line over arc</th><th scope="col">Standing</th></tr></thead>
<tbody>${rows.map(
    ({ unit, orientationDeg, e }) =>
      html`<tr><td>${crops.small(unit)}${unit}</td><td>${orientationDeg.toFixed(1)}°</td><td>${e.fires}</td><td>${crops.small(e.nearest.unit)}${e.nearest.unit} (${e.nearest.orientationDeg.toFixed(0)}°)</td><td>${e.novel ? 'yes' : 'no'}</td><td>${e.seeds ?? ''}</td><td>${e.natural ? `${e.natural.errorDeg.toFixed(0)}°` : ''}</td><td>${e.line === null ? '' : e.line.toFixed(2)}</td><td>${e.standing}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function trainingSection(r: JobResult, extras: ReportExtras): Markup {
  const log = extras.trainingLog ?? [];
  const m = extras.metrics;
  return html`<section><h2>Training</h2>
<p>${r.sae.architecture}, ${r.sae.dIn} → ${r.sae.dSae}${r.sae.k === null ? '' : `, k = ${r.sae.k}`}. ${m && html`On ${m.vectors} vectors ${extras.heldOut ? 'of images that training did not see' : 'of the training images (none were held out)'}: L0 ${m.l0.toFixed(2)}, FVU ${m.fvu.toFixed(4)}${typeof r.sae.trainFvu === 'number' && ` (${r.sae.trainFvu.toFixed(4)} on training vectors)`}, gamma ${m.gamma.toFixed(3)} (1 is unshrunk), cosine ${m.cosine.toFixed(3)}.`}${r.sae.passes !== undefined && ` Training saw each vector ${short(r.sae.passes)} times.`}</p>
${(r.sae.warnings ?? []).map((message) => html`<p class="warn">${message}</p>`)}
${
  log.length > 1
    ? html`<div class="pair">${trainingChart(log, 'loss', 'loss')}${trainingChart(log, 'fvu', 'FVU')}${trainingChart(log, 'l0', 'L0')}${trainingChart(log, 'gamma', 'gamma')}${densityChart(log)}</div>`
    : html`<p class="note">No training log is here.</p>`
}</section>`;
}

function densitySection(r: JobResult, extras: ReportExtras): Markup {
  const s = extras.statistics;
  if (!s)
    return html`<section><h2>Activation density</h2><p class="note">The statistics of this run are not here.</p></section>`;
  return html`<section><h2>Activation density</h2>
<p>${r.sae.firing && `${firingText(r.sae.firing)}. `}How often units fire: fraction of ${s.units.vectors} uniformly drawn positions of the photographs with a value above 0 (logarithmic; the bar at 0 never fires).</p>
<div class="pair">${densityHistogram(s.units.density, s.units.vectors, 'neuron', 'neurons')}${densityHistogram(s.features.density, s.units.vectors, 'feature', 'features')}</div></section>`;
}

function provenance(r: JobResult, extras: ReportExtras): Markup {
  const rows: [string, string | Markup][] = [
    ['curvesae', r.version],
    ['model', `${r.model.name} (${r.model.architecture})`],
    ['tap', r.tap],
    ['images', `${r.activations.images}, ${r.activations.vectors} vectors of ${r.activations.dIn}`],
    [
      'sampling',
      `${r.sampling.perImage} positions per image, ${r.sampling.sample === 'norm' ? 'in proportion to the L2 norm of their vector' : 'uniformly'}${r.sampling.excludeBorder ? ', border excluded' : ''}; metrics on held-out images drawn the same way`,
    ],
    [
      'build',
      `${r.build}, ${r.numerics === 'exact' ? 'the same bits on every engine' : 'last digits depend on the engine'}`,
    ],
    ['seed', String(r.seed)],
    ...(extras.curves
      ? [
          [
            'stimuli',
            `radii ${extras.curves.radii.join(', ')} px, line ${extras.curves.lineWidth} px, ${extras.curves.orientations} orientations, ${extras.curves.pairing}`,
          ] as [string, string],
        ]
      : []),
    ...(r.groundTruth
      ? [
          [
            'ground truth',
            `${r.groundTruth.recovered} of ${r.groundTruth.total} planted curves recovered, mean max cosine ${r.groundTruth.meanMaxCosine.toFixed(3)}`,
          ] as [string, string],
        ]
      : []),
    [
      'time',
      Object.entries(r.seconds)
        .map(([stage, s]) => `${stage} ${s.toFixed(1)} s`)
        .join(', '),
    ],
    ['image set', html`<code>${r.hashes.images}</code>`],
    ['weights', html`<code>${r.hashes.weights}</code>`],
    ['store', html`<code>${r.hashes.store}</code>`],
    ['SAE', html`<code>${r.hashes.sae}</code>`],
  ];
  return html`<section><h2>What was run</h2>
${extras.commandLine && html`<pre>${extras.commandLine}</pre>`}
<dl>${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
${
  r.failures.length > 0 &&
  html`<h3>Images that could not be used</h3><div class="scroll"><table><thead><tr><th scope="col">Image</th><th scope="col">Reason</th></tr></thead><tbody>${r.failures.map((f) => html`<tr><td>${f.name}</td><td>${f.reason}</td></tr>`)}</tbody></table></div>`
}</section>`;
}
