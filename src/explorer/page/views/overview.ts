// Overview: who covers which orientation, neurons against features.

import { CRITERION } from '../../../study/curves/detector.js';
import { wideGaps } from '../../../study/curves/gaps.js';
import { firingText } from '../../../study/curves/statistics.js';
import type { Detector } from '../../../study/curves/types.js';
import { SKETCH_SAMPLES } from '../../../study/facts/format.js';
import type { Kind } from '../../../units/unit.js';
import { parseUnit, unitName } from '../../../units/unit.js';
import { densityChart, sketch } from '../charts.js';
import { best } from '../crops.js';
import { type Child, degrees, h, note, plural, section, strengthText, warning } from '../dom.js';
import { downloads, type Sheet, sheetOf } from '../download.js';
import { petal, polarPicture } from '../polar.js';
import { curvesSheet, indexOf, tuningsOf } from '../sheets.js';
import type { View, ViewContext } from '../view.js';
import { chanceSection } from './chance.js';
import { provenance } from './provenance.js';

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

  const tunings = (kind: Kind, detectors: readonly Detector[]) => {
    const table = tables[kind];
    return table instanceof Error ? [] : tuningsOf(table, detectors);
  };
  const petals = (kind: Kind, detectors: readonly Detector[]): Child =>
    tunings(kind, detectors).map(({ unit, orientationDeg, curve, index }) =>
      petal({ label: unit, kind, orientationDeg, curve, href: context.link([kind, index]) }),
    );
  const picture = (title: string, withFeatures: boolean) => {
    const { svg, petals: group } = polarPicture(title, gaps, index.run.planted);
    for (const child of [
      petals('neurons', neurons.detectors),
      withFeatures && petals('features', features?.detectors ?? []),
    ])
      for (const element of (child || []) as Node[]) if (element) group.append(element);
    return h(
      'figure',
      {},
      svg,
      h('figcaption', {}, title),
      downloads(withFeatures ? 'orientations' : 'orientations-neurons', () =>
        curvesSheet([
          ...tunings('neurons', neurons.detectors),
          ...(withFeatures ? tunings('features', features?.detectors ?? []) : []),
        ]),
      ),
    );
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
    run.made?.complaints.map((text) => warning(text)),
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
    downloads('gaps', () =>
      sheetOf({
        fromDeg: gaps.map((gap) => gap.fromDeg),
        toDeg: gaps.map((gap) => gap.toDeg),
        widthDeg: gaps.map((gap) => gap.widthDeg),
        features: gaps.map((gap) =>
          (filled.find((f) => f.fromDeg === gap.fromDeg)?.features ?? []).join(' '),
        ),
      }),
    ),
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
