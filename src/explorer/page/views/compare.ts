// Two runs side by side: which features both found, and who covers what.

import { SKETCH_SAMPLES } from '../../../study/facts/format.js';
import { formatUnit } from '../../../units/unit.js';
import { sketch } from '../charts.js';
import { best } from '../crops.js';
import { openMatch, type RunData } from '../data.js';
import { degrees, h, note, percent, section, warning } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import { angleBetween } from '../filter.js';
import { type Match, matchList } from '../match-list.js';
import { petal, polarPicture } from '../polar.js';
import { link } from '../router.js';
import { curvesSheet, tuningsOf } from '../sheets.js';
import type { View, ViewContext } from '../view.js';

export async function compare(context: ViewContext): Promise<View> {
  const { runs, address } = context;
  const [a, b] = runs.all;
  const title = h('h1', { tabindex: -1 }, 'Two runs');
  if (!b)
    return {
      title: 'Compare',
      element: h(
        'div',
        {},
        title,
        note('Only one run is open. ', h('code', {}, 'curvesae explore DIR DIR2'), ' opens two.'),
      ),
    };
  const { match } = runs.file;
  const matched =
    match && 'data' in match ? await openMatch(match.data).catch((error: Error) => error) : undefined;
  const element = h('div', {}, title, header(a, b));
  element.append(
    section(
      'Orientations',
      h('div', { class: 'pair' }, await picture('A', a), await picture('B', b)),
      nearest(a, b),
    ),
  );
  if (!matched || matched instanceof Error) {
    const reason = matched?.message ?? (match && 'reason' in match ? match.reason : 'it was not made');
    element.append(
      section('Features matched by their decoder directions', warning(`Not matched: ${reason}.`)),
    );
    return { title: 'Compare', element };
  }
  const list = await matchesOf(a, b, matched, address.query);
  element.append(list.element);
  return { title: 'Compare', element, shown: list.show, dispose: list.dispose };
}

function header(a: RunData, b: RunData): HTMLElement {
  const rows: [string, (r: RunData) => string | number][] = [
    ['folder', (r) => r.label],
    ['network', (r) => `${r.index.run.model.name}, ${r.index.run.tap}`],
    ['autoencoder', ({ index: { run } }) => `${run.sae.architecture}, ${run.sae.dIn} → ${run.sae.dSae}`],
    ['L0', (r) => r.index.run.sae.l0.toFixed(2)],
    ['FVU', (r) => r.index.run.sae.fvu.toFixed(4)],
    ['gamma', (r) => r.index.run.sae.gamma.toFixed(3)],
    ['silent', (r) => percent(r.index.run.sae.deadFraction)],
    ['curve features', (r) => r.index.curves.features?.count ?? 0],
    ['gaps filled', (r) => r.index.curves.filledGaps?.length ?? 0],
  ];
  return h(
    'section',
    {},
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, ''),
            h('th', { scope: 'col' }, 'A'),
            h('th', { scope: 'col' }, 'B'),
          ),
        ),
        h(
          'tbody',
          {},
          rows.map(([name, value]) =>
            h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, value(a)), h('td', {}, value(b))),
          ),
        ),
      ),
    ),
    downloads('runs', () =>
      sheetOf({
        what: rows.map(([name]) => name),
        a: rows.map(([, value]) => value(a)),
        b: rows.map(([, value]) => value(b)),
      }),
    ),
  );
}

async function picture(name: string, run: RunData): Promise<HTMLElement> {
  const { svg, petals } = polarPicture(`curve features of run ${name}`);
  const table = await run.table('features');
  const tunings = tuningsOf(table, run.index.curves.features?.detectors ?? []);
  for (const { unit, orientationDeg, curve, index } of tunings)
    petals.append(
      petal({ label: unit, kind: 'features', orientationDeg, curve, href: unitLink(name, index) }) as Node,
    );
  return h(
    'figure',
    {},
    svg,
    h('figcaption', {}, `${name}: curve features of ${run.label}`),
    downloads(`orientations-${name}`, () => curvesSheet(tunings)),
  );
}

const unitLink = (name: string, unit: number): string =>
  link(['features', unit], { run: name === 'B' ? 'b' : undefined });

/** Detectors of A with the nearest direction among those of B. */
function nearest(a: RunData, b: RunData): HTMLElement {
  const [x, y] = [a.index.curves.features?.detectors ?? [], b.index.curves.features?.detectors ?? []];
  if (!x.length || !y.length) return note('One of the runs has no curve features.');
  const near = x.filter((d) => y.some((e) => angleBetween(d.orientationDeg, e.orientationDeg) <= 10)).length;
  return h('p', {}, `${near} of the ${x.length} curve features of A have one of B within 10°.`);
}

async function matchesOf(a: RunData, b: RunData, match: Match, query: URLSearchParams) {
  const tables = { a: await a.table('features'), b: await b.table('features') };
  const sketches = { a: tables.a.ints('sketch'), b: tables.b.ints('sketch') };
  const cell = (side: 'a' | 'b', unit: number) => {
    const table = tables[side];
    const responds = (table.column('peak')?.[unit] ?? 0) > 0;
    const sketchValues = sketches[side]?.subarray(unit * SKETCH_SAMPLES, (unit + 1) * SKETCH_SAMPLES);
    return h(
      'a',
      { class: 'match-cell', href: unitLink(side.toUpperCase(), unit) },
      best(side === 'a' ? a : b, { kind: 'features', index: unit }) ?? h('span', { class: 'crop' }),
      h('b', {}, formatUnit({ kind: 'features', index: unit })),
      responds && sketchValues ? sketch('features', sketchValues, 'tuning curve') : h('span'),
      h('span', { class: 'soft' }, responds ? degrees(table.column('orientation')![unit]) : ''),
    );
  };
  return matchList(match, query, {
    cell,
    only: {
      ...{ name: 'curves', text: 'curve features only' },
      has: (unit) => Boolean(tables.a.column('detector')?.[unit]),
    },
    address: (values) => link(['compare'], values),
  });
}
