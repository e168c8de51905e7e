// The page of one feature or neuron.

import { short } from '../../../report/numbers.js';
import { evidenceText } from '../../../study/curves/control-text.js';
import { fileStem, type Kind, parseUnit } from '../../../units/unit.js';
import { tuningChart, valueChart } from '../charts.js';
import type { Table } from '../data.js';
import { degrees, h, note, percent, section, strengthText, warning } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import { filterOf, listQuery, select } from '../filter.js';
import { knownOf } from '../known.js';
import { petal, polarPicture } from '../polar.js';
import { titleOf } from '../titles.js';
import type { View, ViewContext } from '../view.js';
import { decoderSection } from './unit-decoder.js';
import { effectsSection } from './unit-effects.js';
import { levelsSection } from './unit-levels.js';
import { notesSection } from './unit-notes.js';
import { missing, Parts } from './unit-parts.js';
import { relativesSection } from './unit-relatives.js';
import { photographsSection, seesSection } from './unit-sees.js';

export async function unitPage(kind: Kind, unit: number, context: ViewContext): Promise<View> {
  const { run } = context;
  const table = await run.table(kind);
  const chunk = await run.chunk(kind, unit).catch((error: Error) => error);
  const name = kind === 'features' ? `Feature ${unit}` : `Neuron ${unit}`;
  const part = chunk instanceof Error ? undefined : new Parts(chunk.tensors, chunk.row);
  const count = run.index.counts[kind];
  const value = (column: string): number | undefined => table.column(column)?.[unit];
  const density = value('density');
  const title = titleOf(run, { kind, index: unit });
  const list = listOf(kind, table, unit, context);
  const other = (to: number | undefined, text: string) =>
    to !== undefined &&
    to >= 0 &&
    to < count &&
    h(
      'a',
      {
        href: context.link([kind, to], list?.query),
        rel: text === '‹' ? 'prev' : 'next',
        'aria-label': `${kind.slice(0, -1)} ${to}`,
      },
      text,
    );
  const element = h(
    'div',
    { class: 'unit' },
    h(
      'div',
      { class: 'title-line' },
      h('h1', { tabindex: -1 }, name),
      table.column('detector')?.[unit] ? h('span', { class: 'badge' }, 'curve detector') : undefined,
      density === 0 && h('span', { class: 'badge quiet' }, 'dead'),
      h(
        'span',
        { class: 'steps' },
        other(list ? list.units[list.at - 1] : unit - 1, '‹'),
        list &&
          h(
            'a',
            { class: 'soft', href: context.link([kind], list.query) },
            `${list.at + 1} of ${list.units.length}`,
          ),
        other(list ? list.units[list.at + 1] : unit + 1, '›'),
      ),
    ),
    h(
      'p',
      { class: 'soft' },
      title && h('b', { class: 'given' }, title.text),
      title && ' · ',
      run.name(kind, unit),
      ` · ${run.index.run.tap} of ${run.index.run.model.name} · `,
      h('a', { href: context.link(['live', 'photograph'], { units: `${kind[0]}${unit}` }) }, 'see it live'),
    ),
    notesSection({ kind, index: unit }, context),
    chunk instanceof Error &&
      warning(`The data of this ${kind.slice(0, -1)} cannot be read: ${chunk.message}`),
    part && [
      await seesSection({ kind, index: unit }, part, context),
      levelsSection({ kind, index: unit }, part, context),
      curveSection(kind, unit, part, table, context),
      photographsSection({ kind, index: unit }, part, context),
      valuesSection(kind, part, density, context),
      kind === 'features' && (await decoderSection(part, context)),
      await relativesSection(kind, part, context),
      effectsSection({ kind, index: unit }, part, context),
    ],
  );
  return { title: name, element };
}

/** The list that the address names, and where in it this unit is; undefined without one. */
function listOf(kind: Kind, table: Table, unit: number, { address, run }: ViewContext) {
  if (!address.query.has('sort')) return undefined;
  const filter = filterOf(address.query);
  const units = select(table, filter, kind, knownOf(run, kind));
  const at = units.indexOf(unit);
  return at < 0 ? undefined : { units, at, query: listQuery(filter) };
}

function curveSection(
  kind: Kind,
  unit: number,
  part: Parts,
  table: Table,
  context: ViewContext,
): HTMLElement {
  const curve = part.f32('curve');
  if (!curve) return section('Tuning curve', missing('Tuning curves are', context.run.lacks('curves')));
  const value = (name: string) => table.column(name)?.[unit] ?? 0;
  const orientationDeg = value('orientation');
  if (!(value('peak') > 0)) return section('Tuning curve', note('Curves do not fire it at all.'));
  const { svg, petals } = polarPicture(`tuning curve of ${context.run.name(kind, unit)}`);
  petals.append(...([petal({ label: context.run.name(kind, unit), kind, orientationDeg, curve })] as Node[]));
  const rows: [string, string, string][] = [
    ['orientation', degrees(orientationDeg, 1), 'circular mean of the tuning curve'],
    ['peak', short(value('peak')), 'largest response to a curve'],
    ['strength', strengthText(value('strength')), 'peak over the 99.9th percentile on photographs'],
    ['resultant', value('resultant').toFixed(3), '1: a single direction; 0: all alike'],
    ['echo', value('echo').toFixed(3), 'response to the opposite direction'],
    ['FWHM', degrees(value('fwhm'), 1), 'angle at or above half the peak'],
  ];
  if (kind === 'features' && table.column('alignment')) {
    const neuron = table.ints('neuron')?.[unit] ?? 0;
    rows.push([
      'alignment',
      `${value('alignment').toFixed(3)} with neuron ${neuron}`,
      '1: the feature copies that neuron',
    ]);
  }
  const set = kind === 'features' ? context.run.index.curves.features : undefined;
  const evidence = set?.detectors.find((d) => parseUnit(d.unit)?.index === unit)?.evidence;
  return section(
    'Tuning curve',
    evidence && h('p', {}, `Evidence: ${evidenceText(evidence)}.`),
    h(
      'div',
      { class: 'pair' },
      h('figure', {}, svg),
      h(
        'div',
        {},
        tuningChart(kind, curve, orientationDeg),
        downloads(`${fileStem(context.run.name(kind, unit))}-tuning`, () =>
          sheetOf({ degrees: Array.from(curve, (_, i) => (360 * i) / curve.length), response: curve }),
        ),
        h(
          'dl',
          { class: 'measures' },
          rows.map(([term, text, meaning]) => [
            h('dt', {}, term),
            h('dd', {}, text, h('small', { class: 'soft' }, meaning)),
          ]),
        ),
        downloads(`${fileStem(context.run.name(kind, unit))}-measures`, () =>
          sheetOf({ measure: rows.map(([term]) => term), value: rows.map(([, text]) => text) }),
        ),
      ),
    ),
    h(
      'p',
      {},
      h(
        'a',
        {
          href: context.link(['live', 'curve'], { o: orientationDeg.toFixed(0), units: `${kind[0]}${unit}` }),
        },
        'Turn a curve and watch it respond',
      ),
    ),
  );
}

function valuesSection(
  kind: Kind,
  part: Parts,
  density: number | undefined,
  context: ViewContext,
): HTMLElement {
  const counts = part.ints('histogram');
  const range = part.f32('histogram.range')?.[0] ?? 0;
  const often =
    density === undefined
      ? ''
      : density > 0
        ? `It fires at ${percent(density, 3)} of all positions.`
        : 'It never fired on the sampled positions.';
  if (!counts)
    return section(
      'Activations',
      h('p', {}, often),
      missing('The histogram is', context.run.lacks('activations')),
    );
  if (!(range > 0)) return section('Activations', h('p', {}, often));
  return section(
    'Activations',
    h('p', {}, often),
    h(
      'div',
      { class: 'pair' },
      h(
        'div',
        {},
        valueChart(kind, counts, range),
        downloads('activations', () =>
          sheetOf({ from: Array.from(counts, (_, i) => (range * i) / counts.length), vectors: counts }),
        ),
      ),
    ),
  );
}
