// Two SAEs of the same vectors: which features both found.
import { short } from '../../../../report/numbers.js';
import { h, note } from '../../dom.js';
import { downloads } from '../../download.js';
import { type Match, matchList } from '../../match-list.js';
import { wholeNumber } from '../../router.js';
import type { View } from '../../view.js';
import { unitText } from '../atlas-unit.js';
import { type AtlasContext, unitPath } from '../context.js';
import { unitPicture, unitWords } from '../unit-parts.js';

export async function comparePage(context: AtlasContext): Promise<View> {
  const { data, address, link } = context;
  const { saes } = data.index;
  const a = context.sae!;
  const other = wholeNumber(address.query.get('with'), 0, saes.length - 1);
  const b = other === undefined || other === a ? (a === 0 ? 1 : 0) : other;
  const match: Match = await data.match(a, b);
  const choice = h(
    'select',
    {
      id: 'with',
      onchange: () => {
        location.hash = link(['compare'], { with: choice.value });
      },
    },
    saes.map(
      ({ name, dSae }, i) => i !== a && h('option', { value: i, selected: i === b }, `${name}: ${dSae}`),
    ),
  );
  const list = matchList(match, address.query, {
    cell: (side, index) => {
      const unit = { of: side === 'a' ? a : b, index };
      return h(
        'a',
        { class: 'match-cell', href: unitPath(context, unit) },
        unitPicture(context, unit),
        h('b', {}, unitText(unit)),
        unitWords(context, unit),
      );
    },
    address: (values) => link(['compare'], { with: b, ...values }),
  });
  return {
    title: 'Compare',
    element: h(
      'div',
      { class: 'atlas-compare' },
      h('h1', { tabindex: -1 }, 'Two SAEs'),
      h('label', { for: 'with' }, `A is ${saes[a].name}, B is `, choice),
      table(context, a, b),
      list.element,
    ),
    shown: list.show,
    dispose: list.dispose,
  };
}

function table({ data: { index } }: AtlasContext, a: number, b: number): HTMLElement {
  const of = (i: number) => {
    const { name, architecture, dIn, dSae, k, l0, fvu, dead } = index.saes[i];
    return {
      name,
      architecture,
      features: `${dIn} → ${dSae}`,
      k: k ?? '–',
      L0: short(l0),
      FVU: short(fvu),
      dead,
    };
  };
  const [one, two] = [of(a), of(b)];
  const rows = (Object.keys(one) as (keyof typeof one)[]).map((what) => [what, one[what], two[what]]);
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
          'tr',
          {},
          [index.of, 'A', 'B'].map((text) => h('th', { scope: 'col' }, text)),
        ),
        rows.map(([what, x, y]) =>
          h('tr', {}, h('th', { scope: 'row' }, what), h('td', {}, x), h('td', {}, y)),
        ),
      ),
    ),
    downloads('saes', () => ({ columns: ['what', 'a', 'b'], rows })),
    note(`L0, FVU and dead features are of all ${index.of}.`),
  );
}
