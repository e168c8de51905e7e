// Overview: who covers which orientation, neurons against features.

import { few, madeControls } from '../../../study/curves/control-text.js';
import { CRITERION } from '../../../study/curves/detector.js';
import { foundBy } from '../../../study/curves/evidence.js';
import { wideGaps } from '../../../study/curves/gaps.js';
import { firingText } from '../../../study/curves/statistics.js';
import type { Detector } from '../../../study/curves/types.js';
import { CURVE_SAMPLES, SKETCH_SAMPLES } from '../../../study/facts/format.js';
import type { Kind } from '../../../units/unit.js';
import { parseUnit, unitName } from '../../../units/unit.js';
import { densityChart, sketch } from '../charts.js';
import { best } from '../crops.js';
import { type Child, degrees, h, note, plural, section, strengthText, warning } from '../dom.js';
import { downloads, type Sheet, sheetOf } from '../download.js';
import { petal, polarPicture } from '../polar.js';
import type { View, ViewContext } from '../view.js';

const FIRES = CRITERION.fires;

export async function overview(context: ViewContext): Promise<View> {
  const { run } = context;
  const { index } = run;
  const tables = {
    neurons: await run.table('neurons').catch((error: Error) => error),
    features: await run.table('features').catch((error: Error) => error),
  };
  const broken = Object.values(tables).find((t): t is Error => t instanceof Error);
  const { neurons, features } = index.curves;
  const gaps = neurons.count ? wideGaps(neurons.detectors) : [];

  const petals = (kind: Kind, detectors: readonly Detector[]): Child => {
    const table = tables[kind];
    const curves = table instanceof Error ? undefined : table.column('petals');
    return detectors.map((d, i) => {
      const curve = curves?.subarray(i * CURVE_SAMPLES, (i + 1) * CURVE_SAMPLES);
      return (
        curve &&
        petal({
          label: d.unit,
          kind,
          orientationDeg: d.orientationDeg,
          curve,
          href: context.link([kind, indexOf(d)]),
        })
      );
    });
  };
  const picture = (title: string, withFeatures: boolean) => {
    const { svg, petals: group } = polarPicture(title, gaps, index.run.planted);
    for (const child of [
      petals('neurons', neurons.detectors),
      withFeatures && petals('features', features?.detectors ?? []),
    ])
      for (const element of (child || []) as Node[]) if (element) group.append(element);
    return h('figure', {}, svg, h('figcaption', {}, title));
  };
  const densities = (kind: Kind) => {
    const table = tables[kind];
    const column = table instanceof Error ? undefined : table.column('density');
    return (
      column &&
      h(
        'div',
        {},
        densityChart(kind, column, index.vectors.histogram || 1_000_000),
        downloads(`density-${kind}`, () =>
          sheetOf({ unit: Array.from(column, (_, u) => run.name(kind, u)), density: column }),
        ),
      )
    );
  };

  const element = h(
    'div',
    {},
    h('h1', { tabindex: -1 }, 'Who covers which orientation?'),
    h('p', { class: 'lead' }, index.verdict),
    h(
      'p',
      { class: 'soft' },
      'Curve detectors in ',
      h('b', {}, index.run.tap),
      ' of ',
      h('b', {}, index.run.model.name),
      ', and in a sparse autoencoder trained on its activations.',
    ),
    broken && warning(`The table of this run cannot be read: ${broken.message}`),
    index.missing.map((m) => warning(`Missing here: ${m.part}. ${m.reason}`)),
    facts(context),
    section(
      'Orientations',
      h(
        'p',
        {},
        'Each petal is one tuning curve: how strongly a unit responds to a thin arc whose apex points in that direction, scaled to its peak. A petal leads to its unit. ',
        h('a', { href: context.link(['live', 'curve']) }, 'Turn a curve yourself'),
        '.',
      ),
      key(features !== undefined, gaps.length > 0, index.run.planted.length > 0),
      h(
        'div',
        { class: 'pair' },
        picture('Neurons alone', false),
        features && picture('Neurons and features', true),
      ),
    ),
    gapSection(context, gaps),
    detectorSection(context, 'neurons', neurons.detectors, tables.neurons),
    features && detectorSection(context, 'features', features.detectors, tables.features),
    chanceSection(context),
    section(
      'How often units fire',
      run.lacks('curves')
        ? note(`The statistics of this run are not here: ${run.lacks('curves')}`)
        : [
            h(
              'p',
              {},
              index.run.sae.firing && `${firingText(index.run.sae.firing)}. `,
              'Fraction of positions of the photographs with a value above 0, logarithmic; the bar at 0 never fires.',
            ),
            h('div', { class: 'pair' }, densities('neurons'), densities('features')),
          ],
    ),
    provenance(context),
  );
  return { title: 'Overview', element };
}

/** Index of a detector among the units of its kind. */
export const indexOf = (d: Detector): number => parseUnit(d.unit)?.index ?? 0;

function facts({ run }: ViewContext): HTMLElement {
  const { index } = run;
  const { sae } = index.run;
  const fact = (value: string, label: string) =>
    h('div', { class: 'fact' }, h('b', {}, value), h('span', {}, label));
  return h(
    'div',
    { class: 'facts' },
    fact(String(index.curves.neurons.count), 'curve neurons'),
    fact(String(index.curves.features?.count ?? 0), 'curve features'),
    fact(degrees(index.curves.neurons.largestGapDeg), 'largest gap of the neurons'),
    fact(sae.fvu.toFixed(3), 'fraction of variance unexplained'),
    fact(sae.l0.toFixed(1), 'active features per vector (L0)'),
    sae.firing && fact(`${sae.firing.alive} / ${sae.dSae}`, `features fire ${FIRES} times or more`),
  );
}

function key(features: boolean, gaps: boolean, planted: boolean): HTMLElement {
  const item = (name: string, text: string) => h('span', {}, h('i', { class: `k-${name}` }), text);
  return h(
    'p',
    { class: 'key' },
    item('neuron', 'neurons'),
    features && item('feature', 'features'),
    gaps && item('gap', 'wide gaps of the neurons'),
    planted && item('truth', 'planted curves'),
  );
}

function gapSection(context: ViewContext, gaps: ReturnType<typeof wideGaps>): Child {
  const filled = context.run.index.curves.filledGaps ?? [];
  if (!gaps.length) return undefined;
  return section(
    'Gaps of the neurons, and what fills them',
    h(
      'ul',
      { class: 'gaps' },
      gaps.map((gap) => {
        const fill = filled.find((f) => f.fromDeg === gap.fromDeg);
        const middle = (gap.fromDeg + gap.widthDeg / 2) % 360;
        return h(
          'li',
          {},
          h('b', {}, `${degrees(gap.fromDeg)} to ${degrees(gap.toDeg)}`),
          ` (${degrees(gap.widthDeg)} wide): `,
          fill
            ? fill.features.map((unit, i) => [
                i > 0 && ', ',
                h(
                  'a',
                  { href: context.link(['features', unit.replace(/^f/, '')]), class: 'with-crop' },
                  best(context.run, { kind: 'features', index: parseUnit(unit)?.index ?? 0 }),
                  unit,
                ),
              ])
            : 'no feature lies inside',
          '. ',
          h(
            'a',
            {
              href: context.link(['features'], {
                o: middle.toFixed(0),
                within: Math.round(gap.widthDeg / 2),
                sort: 'strength',
              }),
            },
            'Everything that prefers a direction in it',
          ),
        );
      }),
    ),
  );
}

/** What chance gives, beside what the autoencoder has. */
function chanceSection({ run }: ViewContext): Child {
  const { curves, controls } = run.index;
  const made = madeControls(controls);
  if (!made.length) return undefined;
  const own = foundBy(curves);
  const row = (...cells: Child[]) =>
    h(
      'tr',
      {},
      cells.map((cell) => h('td', {}, cell)),
    );
  return section(
    'Against chance',
    h(
      'p',
      {},
      'The same study of dictionaries that cannot know of curves: on average over the draws, and the share of draws with at least as many as the autoencoder has.',
    ),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        { class: 'words' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            [
              'Dictionary',
              'Curve detectors',
              'that repeat no neuron',
              'as photographs say',
              'Gaps filled',
            ].map((text) => h('th', { scope: 'col' }, text)),
          ),
        ),
        h(
          'tbody',
          {},
          row('this autoencoder', own.detectors, own.novel, own.agreeing, own.filledGaps),
          made.map(([name, c]) => {
            const p = (mean: number, value: number) =>
              c.draws > 1 ? `${few(mean)} (p = ${few(value)})` : few(mean);
            return row(
              `${name}${c.draws > 1 ? `, ${c.draws} draws` : ''}`,
              p(c.detectors.mean, c.p),
              p(c.novel.mean, c.pNovel),
              p(c.agreeing.mean, c.pAgreeing),
              p(c.filledGaps.mean, c.pFilledGaps),
            );
          }),
        ),
      ),
    ),
    downloads('chance', () => {
      const rows = [
        ['this autoencoder', own, undefined] as const,
        ...made.map(([name, c]) => [name, undefined, c] as const),
      ];
      const of = (key: 'detectors' | 'novel' | 'agreeing' | 'filledGaps') =>
        rows.map(([, first, c]) => first?.[key] ?? c?.[key].mean ?? '');
      const p = (key: 'p' | 'pNovel' | 'pAgreeing' | 'pFilledGaps') =>
        rows.map(([, , c]) => (c && c.draws > 1 ? c[key] : ''));
      return sheetOf({
        dictionary: rows.map(([name]) => name),
        draws: rows.map(([, , c]) => c?.draws ?? ''),
        ...{ detectors: of('detectors'), p: p('p'), novel: of('novel'), pNovel: p('pNovel') },
        ...{ agreeing: of('agreeing'), pAgreeing: p('pAgreeing') },
        ...{ filledGaps: of('filledGaps'), pFilledGaps: p('pFilledGaps') },
      });
    }),
  );
}

/** Small curves of the detectors, by orientation; the list has the others. */
const MOST_SHOWN = 36;

function detectorSection(
  context: ViewContext,
  kind: Kind,
  detectors: readonly Detector[],
  table: Awaited<ReturnType<ViewContext['run']['table']>> | Error,
): HTMLElement {
  const sketches = table instanceof Error ? undefined : table.ints('sketch');
  const title = kind === 'neurons' ? 'Curve neurons' : 'Curve features';
  if (!detectors.length) return section(title, note('None was found.'));
  return section(
    title,
    h(
      'div',
      { class: 'small' },
      detectors.slice(0, MOST_SHOWN).map((d) => {
        const unit = indexOf(d);
        const values = sketches?.subarray(unit * SKETCH_SAMPLES, (unit + 1) * SKETCH_SAMPLES);
        return h(
          'a',
          { class: 'tile', href: context.link([kind, unit]) },
          h(
            'span',
            { class: 'tile-head' },
            h('b', {}, unitName({ kind, index: unit })),
            h('span', {}, degrees(d.orientationDeg)),
          ),
          h(
            'span',
            { class: 'tile-body' },
            best(context.run, { kind, index: unit }),
            values && sketch(kind, values, `tuning curve of ${d.unit}`),
          ),
          h(
            'span',
            { class: 'soft' },
            `strength ${strengthText(d.strength)}${d.neuronAlignment === undefined ? '' : `, alignment ${d.neuronAlignment.toFixed(2)}`}${d.evidence ? `, ${d.evidence.novel ? d.evidence.standing : 'repeats a neuron'}` : ''}`,
          ),
        );
      }),
    ),
    h(
      'p',
      {},
      h(
        'a',
        { href: context.link([kind], { state: 'detector', sort: 'orientation' }) },
        `All ${plural(detectors.length, kind === 'neurons' ? 'curve neuron' : 'curve feature')}`,
      ),
      ' · ',
      h('a', { href: context.link([kind]) }, `all ${context.run.index.counts[kind]} ${kind}`),
    ),
    downloads(`curve-${kind}`, () => detectorSheet(detectors)),
  );
}

function detectorSheet(detectors: readonly Detector[]): Sheet {
  const of = (value: (d: Detector) => string | number | null | undefined) =>
    detectors.map((d) => value(d) ?? '');
  return sheetOf({
    unit: of((d) => d.unit),
    orientationDeg: of((d) => d.orientationDeg),
    argmaxDeg: of((d) => d.argmaxDeg),
    peak: of((d) => d.peak),
    strength: of((d) => d.strength),
    resultant: of((d) => d.resultant),
    echo: of((d) => d.echo),
    fwhmDeg: of((d) => d.fwhmDeg),
    neuronAlignment: of((d) => d.neuronAlignment),
    fires: of((d) => d.evidence?.fires),
    seeds: of((d) => d.evidence?.seeds),
    novel: of((d) => d.evidence && Number(d.evidence.novel)),
    standing: of((d) => d.evidence?.standing),
  });
}

function provenance({ run }: ViewContext): HTMLElement {
  const { run: r, pictures, vectors } = run.index;
  const rows: [string, Child][] = [
    ['curvesae', r.version],
    ['model', `${r.model.name} (${r.model.architecture})`],
    ['tap', r.tap],
    [
      'autoencoder',
      `${r.sae.architecture}, ${r.sae.dIn} → ${r.sae.dSae}${r.sae.k === null ? '' : `, k = ${r.sae.k}`}, gamma ${r.sae.gamma.toFixed(3)}`,
    ],
    ['images', `${r.images}, ${r.vectors} vectors; ${pictures.shown} searched for what fires each unit`],
    ['histograms', `${vectors.histogram} uniformly drawn vectors`],
    [
      'build',
      `${r.build}, ${r.numerics === 'exact' ? 'the same bits on every engine' : 'last digits depend on the engine'}`,
    ],
    ['seed', r.seed],
    ...(r.groundTruth
      ? [
          [
            'ground truth',
            `${r.groundTruth.recovered} of ${r.groundTruth.total} planted curves recovered`,
          ] as [string, Child],
        ]
      : []),
    ...Object.entries(r.hashes).map(([name, value]) => [name, h('code', {}, value)] as [string, Child]),
  ];
  return section(
    'What was run',
    h(
      'dl',
      {},
      rows.map(([term, value]) => [h('dt', {}, term), h('dd', {}, value)]),
    ),
    pictures.failures.length > 0 && [
      h('h3', {}, 'Photographs that could not be used'),
      h(
        'ul',
        {},
        pictures.failures.slice(0, 100).map((f) => h('li', {}, `${f.name}: ${f.reason}`)),
      ),
    ],
  );
}
