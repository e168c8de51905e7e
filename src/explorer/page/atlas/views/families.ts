// Families of features: a table, or small trees side by side.
import { short } from '../../../../report/numbers.js';
import type { NamedFamily } from '../../../../study/families/result.js';
import { fill, h, note, plural } from '../../dom.js';
import { downloads } from '../../download.js';
import { LongList } from '../../list.js';
import { replaceAddress } from '../../router.js';
import type { View } from '../../view.js';
import { type AtlasContext, grouped } from '../context.js';
import { familiesOfSae, ofFamilyName } from '../data.js';
import { familyTree } from '../family-tree.js';
import { knownUnits, titleOfUnit } from '../known-units.js';

const ROW = 58;
/** Trees drawn at once; more are drawn when they are asked for. */
const TREES = 48;

const SORTS: Record<string, { text: string; by: (f: NamedFamily) => number }> = {
  size: { text: 'largest', by: (f) => -f.children.length },
  score: { text: 'R: parent with children over children with one another', by: (f) => -(f.score ?? -1) },
  density: { text: 'most frequent parent', by: (f) => -(f.density[f.parent] ?? 0) },
};

export async function families(context: AtlasContext): Promise<View> {
  const { data, address, link } = context;
  const sae = context.sae!;
  const [found, known] = await Promise.all([data.families(), knownUnits(context, sae)]);
  const all = familiesOfSae(found, sae);
  const counts = found?.saes[sae];
  let text = address.query.get('q') ?? '';
  let sort = Object.hasOwn(SORTS, address.query.get('sort') ?? '') ? address.query.get('sort')! : 'size';
  let trees = address.query.get('view') === 'trees';
  let most = TREES;
  let rows: NamedFamily[] = [];
  const labelOf = (name: string) => titleOfUnit(known, ofFamilyName(name).feature) ?? '';
  const list = new LongList({
    ...{ label: 'families', count: 0, rowHeight: ROW },
    row: (i) => familyRow(context, rows[i], labelOf),
  });
  const grid = h('div');
  const summary = h('p', { 'aria-live': 'polite' });
  const draw = () => {
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    rows = all
      .filter(({ parent, children }) => {
        const own = [parent, ...children]
          .map((f) => `f${ofFamilyName(f).feature} ${labelOf(f).toLowerCase()}`)
          .join(' | ');
        return words.every((word) => own.includes(word));
      })
      .sort((a, b) => SORTS[sort].by(a) - SORTS[sort].by(b) || (a.parent < b.parent ? -1 : 1));
    summary.textContent = `${grouped(rows.length)} of ${plural(all.length, 'family').replace('familys', 'families')}`;
    list.element.hidden = trees;
    grid.hidden = !trees;
    list.update({ count: trees ? 0 : rows.length });
    fill(grid, trees && treeGrid());
  };
  const treeGrid = () => [
    h(
      'div',
      { class: 'family-grid' },
      rows.slice(0, most).map((family) => treeTile(context, family, labelOf)),
    ),
    rows.length > most &&
      h(
        'button',
        {
          type: 'button',
          onclick: () => {
            most += TREES;
            draw();
          },
        },
        `${grouped(rows.length - most)} more`,
      ),
  ];
  const set = () => {
    const values = { q: text, sort: sort === 'size' ? undefined : sort, view: trees ? 'trees' : undefined };
    replaceAddress(link(['families'], values));
    draw();
  };
  const search = h('input', {
    ...{ type: 'search', id: 'search', value: text, placeholder: 'words of a member, or f12' },
    oninput: () => {
      text = search.value;
      set();
    },
  });
  const order = h(
    'select',
    {
      id: 'sort',
      onchange: () => {
        sort = order.value;
        set();
      },
    },
    Object.entries(SORTS).map(([value, { text: name }]) =>
      h('option', { value, selected: value === sort }, name),
    ),
  );
  const toggle = h(
    'button',
    {
      ...{ type: 'button', 'aria-pressed': String(trees) },
      onclick: () => {
        trees = !trees;
        toggle.setAttribute('aria-pressed', String(trees));
        set();
      },
    },
    'As trees',
  );
  draw();
  return {
    title: 'Families',
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, `Families of ${data.index.saes[sae].name}`),
      h(
        'p',
        { class: 'soft' },
        'Features that fire together, below the most frequent of them (O’Neill et al. 2024).',
        counts?.chance &&
          ` ${counts.families} families; where every feature fires as often on ${context.data.index.of} drawn at random there are ${counts.chance.families}.`,
      ),
      h(
        'div',
        { class: 'filters' },
        h('label', { for: 'search' }, 'Search', search),
        h('label', { for: 'sort' }, 'Order', order),
        h('span', {}, toggle),
      ),
      h(
        'div',
        { class: 'summary-line' },
        summary,
        downloads('families', () => sheet(rows, labelOf)),
      ),
      all.length ? undefined : note('No families were found among the features of this SAE.'),
      list.element,
      grid,
    ),
    shown: () => list.show(),
    readdress(next) {
      text = search.value = next.query.get('q') ?? '';
      const wanted = next.query.get('sort') ?? 'size';
      sort = order.value = Object.hasOwn(SORTS, wanted) ? wanted : 'size';
      trees = next.query.get('view') === 'trees';
      toggle.setAttribute('aria-pressed', String(trees));
      draw();
      return true;
    },
    dispose: () => list.dispose(),
  };
}

function familyRow(context: AtlasContext, family: NamedFamily, labelOf: (f: string) => string): HTMLElement {
  const { parent, children, score } = family;
  const cell = (value: string, name: string) => h('span', { class: 'cell' }, value, h('small', {}, name));
  return h(
    'a',
    { class: 'atlas-feature of-family', href: context.link(['families', parent]) },
    h('b', {}, `f${ofFamilyName(parent).feature}`),
    h(
      'span',
      { class: 'feature-words' },
      labelOf(parent) || ' ',
      h('small', {}, children.slice(0, 4).map(labelOf).filter(Boolean).join(' · ')),
    ),
    cell(String(children.length), 'members'),
    cell(score === null ? '–' : short(score), 'R'),
  );
}

const treeTile = (context: AtlasContext, family: NamedFamily, labelOf: (f: string) => string): HTMLElement =>
  h(
    'a',
    { class: 'family-tile', href: context.link(['families', family.parent]) },
    familyTree(context, family, { sketch: true, most: 120 }),
    h('b', {}, labelOf(family.parent) || family.parent),
    h('small', { class: 'soft' }, plural(family.children.length, 'member')),
  );

const sheet = (rows: readonly NamedFamily[], labelOf: (f: string) => string) => ({
  columns: ['parent', 'label', 'members', 'score', 'similarity', 'round', 'children'],
  rows: rows.map(({ parent, children, score, similarity, round }) => [
    ...[parent, labelOf(parent), children.length, score ?? undefined, similarity ?? undefined, round],
    children.join(' '),
  ]),
});
