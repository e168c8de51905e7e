// Where a unit fires, from its strongest places to those where it nearly does: crops of every level of activation, and
// places drawn at random beside them.
import { short } from '../../../report/numbers.js';
import { EXAMPLES, RANGE } from '../../../study/facts/format.js';
import { fileStem, formatUnit, type Unit } from '../../../units/unit.js';
import { crop, type Spot } from '../crops.js';
import { type Child, h, percent, plural, section } from '../dom.js';
import { downloads, type Sheet, sheetOf } from '../download.js';
import type { ViewContext } from '../view.js';
import type { Parts } from './unit-parts.js';
import { topOf } from './unit-sees.js';

type Example = Spot & { value?: number };

export function levelsSection(unit: Unit, part: Parts, context: ViewContext): Child {
  const { run } = context;
  const range = part.f32('levels.range');
  const top = topOf(part);
  const fires = part.ints('fires')?.[0] ?? 0;
  if (!range || !top?.length) return undefined;
  const sets: [title: string, facts: string, examples: readonly Example[]][] = [
    ['Strongest', 'one of a photograph', top],
  ];
  const { levels, each } = EXAMPLES;
  const sampled = listOf(part, 'levels');
  for (let l = 0; l < levels; l++) {
    const [from, to, share, places] = range.subarray(l * RANGE, (l + 1) * RANGE);
    if (!(to > 0)) continue;
    sets.push([
      `${short(from)} to ${short(to)}`,
      `${percent(places, 0)} of the places, ${percent(share, 0)} of the activation`,
      sampled.slice(l * each, (l + 1) * each),
    ]);
  }
  const near = listOf(part, 'near');
  if (near.length) sets.push(['Near misses', 'silent; the largest values below the threshold', near]);
  const random = run.index.random ?? [];
  if (random.length) sets.push(['Chance', 'places drawn from all', random.slice(0, each)]);
  return section(
    'Where it fires, level by level',
    h(
      'p',
      {},
      `It fires at ${plural(fires, 'place')} of ${plural(part.ints('pictures')?.[0] ?? 0, 'photograph')}. Each crop is what the place sees, ${run.field(unit)} pixels wide, the place outlined; those of a level are drawn at random from it.`,
    ),
    !run.index.near?.[unit.kind] &&
      h('p', { class: 'note' }, 'Near misses were not looked for here: curvesae examples has them.'),
    h(
      'div',
      { class: 'levels' },
      sets.map(([title, facts, examples]) => row(context, unit, title, facts, examples)),
    ),
    downloads(`${fileStem(run.name(unit.kind, unit.index))}-examples`, () => examplesSheet(sets)),
  );
}

function examplesSheet(sets: readonly [string, string, readonly Example[]][]): Sheet {
  const all = sets.flatMap(([level, , examples]) =>
    examples.filter(({ picture }) => picture >= 0).map((e) => ({ level, ...e })),
  );
  return sheetOf({
    level: all.map((e) => e.level),
    photograph: all.map((e) => e.picture),
    position: all.map((e) => e.position),
    value: all.map((e) => e.value ?? ''),
  });
}

function listOf(part: Parts, name: string): Example[] {
  const [pictures, positions] = [part.ints(`${name}.picture`), part.ints(`${name}.position`)];
  const values = part.f32(`${name}.value`);
  if (!pictures || !positions || !values) return [];
  return Array.from(pictures, (picture, i) => ({ picture, position: positions[i], value: values[i] }));
}

function row(
  context: ViewContext,
  unit: Unit,
  title: string,
  facts: string,
  examples: readonly Example[],
): HTMLElement {
  const tiles = examples
    .filter(({ picture }) => picture >= 0)
    .map(({ picture, position, value }) =>
      h(
        'a',
        {
          class: 'crop-tile',
          href: context.link(['photographs', picture], { unit: formatUnit(unit), at: position }),
          'data-own': '',
        },
        crop(context.run, unit, { picture, position }, `photograph ${picture}`, true),
        value !== undefined && h('span', { class: 'caption' }, short(value)),
      ),
    );
  return h(
    'div',
    { class: 'level' },
    h('p', {}, h('b', {}, title), h('small', { class: 'soft' }, facts)),
    h('div', { class: 'crop-row' }, tiles),
  );
}
