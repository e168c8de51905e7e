// The map of a tap: units and features laid out by what they answer to, coloured by family (taxonomy.json).
import { parseUnit, unitName } from '../../../units/unit.js';
import type { Sorted } from '../beside.js';
import { h, note, plural, s } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import type { View, ViewContext } from '../view.js';

const SIDE = 600;
const MARGIN = 16;
/** Classes of colours that the style sheet has. */
const COLOURS = 10;

export async function mapPage(context: ViewContext): Promise<View> {
  const { run } = context;
  const all = [...(run.made?.families.values() ?? [])];
  const title = h('h1', { tabindex: -1 }, 'Map');
  if (!all.length)
    return {
      title: 'Map',
      element: h(
        'div',
        {},
        title,
        note(
          'The units of this run are not sorted into families. ',
          h('code', {}, 'curvesae taxonomy'),
          ' with its --out in the folder of the run, as ',
          h('code', {}, 'taxonomy'),
          ', does it.',
        ),
      ),
    };
  const counts = new Map<string, number>();
  for (const { family } of all) counts.set(family, (counts.get(family) ?? 0) + 1);
  const families = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const colour = new Map(families.map(([family], i) => [family, `m${i % COLOURS}`]));
  /** Families of neurons alone lead to the neurons. */
  const ofFeatures = new Set(all.filter((u) => parseUnit(u.unit)?.kind === 'features').map((u) => u.family));
  const kindOf = (family: string) => (ofFeatures.has(family) ? 'features' : 'neurons');
  const random = run.made?.randomFamilies;
  const chance =
    random &&
    `By chance: of ${plural(random.directions, 'random direction')} of the tap, as rare as its units, ${families.map(([family]) => `${random[family] ?? 0} ${family}`).join(', ')}.`;
  const placed = all.filter((u): u is Sorted & { at: [number, number] } => Array.isArray(u.at));
  const key = h(
    'p',
    { class: 'key' },
    families.map(([family, n]) =>
      h(
        'a',
        { href: context.link([kindOf(family)], { family }) },
        h('i', { class: colour.get(family) }),
        `${family} ${n}`,
      ),
    ),
  );
  return {
    title: 'Map',
    element: h(
      'div',
      {},
      title,
      h(
        'p',
        { class: 'soft' },
        'Each dot is a neuron (square) or a feature (circle), near to what answers to the same drawings; its colour is its family. The layout is a drawing: distances across it mean nothing.',
      ),
      key,
      chance && h('p', { class: 'soft' }, chance),
      placed.length ? picture(placed, colour, context) : note('taxonomy.json has no map.'),
      h(
        'p',
        { class: 'saves' },
        random &&
          downloads(
            'family-counts',
            () =>
              sheetOf({
                family: families.map(([family]) => family),
                units: families.map(([, n]) => n),
                randomDirections: families.map(([family]) => random[family] ?? 0),
              }),
            'families',
          ),
        downloads(
          'families',
          () =>
            sheetOf({
              unit: all.map((u) => u.unit),
              family: all.map((u) => u.family),
              x: all.map((u) => u.at?.[0] ?? Number.NaN),
              y: all.map((u) => u.at?.[1] ?? Number.NaN),
            }),
          'units',
        ),
      ),
    ),
  };
}

function picture(
  placed: readonly (Sorted & { at: [number, number] })[],
  colour: ReadonlyMap<string, string>,
  context: ViewContext,
): SVGSVGElement {
  const scale = (axis: 0 | 1) => {
    const values = placed.map(({ at }) => at[axis]);
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    return (v: number) => MARGIN + ((v - low) / (high - low || 1)) * (SIDE - 2 * MARGIN);
  };
  const [x, y] = [scale(0), scale(1)];
  return s(
    'svg',
    { viewBox: `0 0 ${SIDE} ${SIDE}`, class: 'map', role: 'group', 'aria-label': 'map of families' },
    placed.map(({ unit: name, family, at }) => {
      const unit = parseUnit(name);
      if (!unit) return undefined;
      const [cx, cy] = [x(at[0]), y(at[1])];
      const text = `${unitName(unit)}, ${family}`;
      const style = colour.get(family);
      return s(
        'a',
        { href: context.link([unit.kind, unit.index]), 'aria-label': text },
        unit.kind === 'features'
          ? s('circle', { cx, cy, r: 5, class: style }, s('title', {}, text))
          : s('rect', { x: cx - 5, y: cy - 5, width: 10, height: 10, class: style }, s('title', {}, text)),
      );
    }),
  );
}
