// Features whose decoder points the same way, and units that fire at the same positions.

import { SKETCH_SAMPLES } from '../../../study/facts/format.js';
import type { Kind } from '../../../units/unit.js';
import { unitName } from '../../../units/unit.js';
import { sketch } from '../charts.js';
import { best } from '../crops.js';
import type { Table } from '../data.js';
import { type Child, degrees, h, note, percent, section } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import type { ViewContext } from '../view.js';
import { missing, type Parts } from './unit-parts.js';

export async function relativesSection(kind: Kind, part: Parts, context: ViewContext): Promise<Child> {
  const features = await context.run.table('features');
  const own = await context.run.table(kind);
  const similar = relatives(
    context,
    'features',
    features,
    part.ints('similar.index'),
    part.f32('similar.cosine'),
    (v) => `cosine ${v.toFixed(2)}`,
    'similar',
  );
  const share = part.f32('together.share');
  const together = relatives(
    context,
    kind,
    own,
    part.ints('together.index'),
    share,
    (v) => `${percent(v, 0)} of the time`,
    'together',
  );
  const { run } = context;
  return [
    section(
      kind === 'features' ? 'Similar features' : 'Features that use it',
      similar ?? missing('The decoder is', run.lacks('sae')),
    ),
    section(
      'Fires together with',
      together
        ? [
            h(
              'p',
              { class: 'soft' },
              `Of ${run.index.vectors.together[kind]} sampled positions; ranked by common firings over the geometric mean of both.`,
            ),
            together,
          ]
        : missing('Sampled activations are', run.lacks('activations')),
    ),
  ];
}

function relatives(
  context: ViewContext,
  kind: Kind,
  table: Table,
  index: ArrayLike<number> | undefined,
  values: ArrayLike<number> | undefined,
  text: (value: number) => string,
  name: string,
): Child {
  if (!index || !values) return undefined;
  const sketches = table.ints('sketch');
  const orientation = table.column('orientation');
  const peak = table.column('peak');
  const tiles = Array.from(index)
    .map((u, i) => ({ u, value: values[i] }))
    .filter(({ u }) => u >= 0)
    .map(({ u, value }) =>
      h(
        'a',
        { class: 'tile', href: context.link([kind, u]) },
        best(context.run, { kind, index: u }),
        h(
          'span',
          { class: 'tile-head' },
          h('b', {}, unitName({ kind, index: u })),
          h('span', {}, peak?.[u] ? degrees(orientation![u]) : ''),
        ),
        sketches && peak?.[u]
          ? sketch(kind, sketches.subarray(u * SKETCH_SAMPLES, (u + 1) * SKETCH_SAMPLES), 'tuning curve')
          : undefined,
        h('span', { class: 'soft' }, text(value)),
      ),
    );
  if (!tiles.length) return note('None.');
  const present = Array.from(index.length ? (index as ArrayLike<number>) : []).filter((u) => u >= 0);
  const sheet = () =>
    sheetOf({
      unit: present.map((u) => context.run.name(kind, u)),
      value: present.map((_, i) => values[i]),
    });
  return [h('div', { class: 'small' }, tiles), downloads(name, sheet)];
}
