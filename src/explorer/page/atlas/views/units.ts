// All features of an SAE, or all neurons of the tap: a list with labels, how often each fires, and how good its label is.
import { short } from '../../../../report/numbers.js';
import type { Dictionary } from '../../../../study/atlas/format.js';
import { h, percent } from '../../dom.js';
import { downloads, type Sheet } from '../../download.js';
import { LongList } from '../../list.js';
import { replaceAddress } from '../../router.js';
import type { View } from '../../view.js';
import { kindOf, unitText } from '../atlas-unit.js';
import { type AtlasContext, grouped, placeOf, unitPath } from '../context.js';
import { found, type KnownUnits, knownUnits, titleOfUnit } from '../known-units.js';
import { unitPicture, unitWords } from '../unit-parts.js';

const ROW = 58;

interface Sort {
  text: string;
  by(index: number, known: KnownUnits): number;
  /** Of features alone. */
  features?: true;
}

const SORTS: Record<string, Sort> = {
  f1: { text: 'best label', by: (i, { labels }) => -(labels.get(i)?.f1 ?? -1), features: true },
  density: { text: 'most frequent', by: (i, { table }) => -table.fires[i] },
  rare: { text: 'rarest', by: (i, { table }) => table.fires[i] },
  strength: { text: 'strongest', by: (i, { table }) => -table.strength[i] },
  index: { text: 'number', by: (i) => i },
};

/** What the list is set to. */
interface Settings {
  text: string;
  sort: string;
  /** One's own list. */
  list: string;
}

export async function units(of: Dictionary, context: AtlasContext): Promise<View> {
  const { data, address, link } = context;
  const kind = kindOf(of);
  const known = await knownUnits(context, of);
  const fallback = known.labels.size ? 'f1' : of === 'neurons' ? 'strength' : 'density';
  const settingsOf = (query: URLSearchParams): Settings => {
    const sort = query.get('sort') ?? '';
    const list = query.get('list') ?? '';
    return {
      text: query.get('q') ?? '',
      sort: Object.hasOwn(SORTS, sort) ? sort : fallback,
      list: known.lists.includes(list) ? list : '',
    };
  };
  let settings = settingsOf(address.query);
  let rows: number[] = [];
  const summary = h('p', { 'aria-live': 'polite' });
  const list = new LongList({
    ...{ label: kind, count: 0, rowHeight: ROW },
    row: (i) => unitRow(context, rows[i], known),
  });
  const select = () => {
    const { text, sort, list: only } = settings;
    const words = text.trim().toLowerCase();
    rows = words ? found(words, known, known.count) : Array.from(known.table.fires, (_, i) => i);
    if (only) rows = rows.filter((i) => known.own(i)?.lists.includes(only));
    // By words, the order is that of how well they fit, until another one is asked for.
    if (!words || sort !== fallback)
      rows.sort((a, b) => SORTS[sort].by(a, known) - SORTS[sort].by(b, known) || a - b);
    list.update({ count: rows.length });
    summary.textContent = `${grouped(rows.length)} of ${grouped(known.count)} ${kind}`;
  };
  const set = (change: Partial<Settings>) => {
    settings = { ...settings, ...change };
    const { text, sort, list: only } = settings;
    replaceAddress(link([kind], { q: text, sort: sort === fallback ? undefined : sort, list: only }));
    select();
  };
  const form = settingsForm(known, () => settings, set);
  select();
  return {
    title: of === 'neurons' ? 'Neurons' : 'Features',
    element: h(
      'div',
      {},
      h(
        'h1',
        { tabindex: -1 },
        of === 'neurons' ? `Neurons of ${placeOf(context)}` : `Features of ${data.index.saes[of].name}`,
      ),
      form.element,
      h(
        'div',
        { class: 'summary-line' },
        summary,
        downloads(kind, () => sheet(rows, known)),
      ),
      list.element,
    ),
    shown: () => list.show(),
    readdress(next) {
      settings = settingsOf(next.query);
      form.show();
      select();
      return true;
    },
    dispose: () => list.dispose(),
  };
}

function settingsForm(known: KnownUnits, get: () => Settings, set: (change: Partial<Settings>) => void) {
  const neurons = known.of === 'neurons';
  const search = h('input', {
    ...{
      type: 'search',
      id: 'search',
      placeholder: `${neurons ? 'n5' : 'f12'}, or words of labels and notes`,
    },
    oninput: () => set({ text: search.value }),
  });
  const choice = (id: 'sort' | 'list', text: string, options: [string, string][]) => {
    const element = h(
      'select',
      { id, onchange: () => set({ [id]: element.value }) },
      options.map(([value, name]) => h('option', { value }, name)),
    );
    return { element, label: h('label', { for: id }, text, element) };
  };
  const sorts = Object.entries(SORTS).filter(([, { features }]) => !(neurons && features));
  const order = choice(
    'sort',
    'Order',
    sorts.map(([value, { text }]) => [value, text]),
  );
  const list = choice('list', 'On the list', [
    ['', 'any'],
    ...known.lists.map((l): [string, string] => [l, l]),
  ]);
  const show = () => {
    const { text, sort, list: only } = get();
    search.value = text;
    order.element.value = sort;
    list.element.value = only;
  };
  show();
  const element = h(
    'div',
    { class: 'filters' },
    h('label', { for: 'search' }, 'Search', search),
    order.label,
    known.lists.length > 0 && list.label,
  );
  return { element, show };
}

function unitRow(context: AtlasContext, index: number, known: KnownUnits): HTMLElement {
  const { of, labels, table } = known;
  const { documents, of: what } = context.data.index;
  const label = labels.get(index);
  const fires = table.fires[index];
  const unit = { of, index };
  const cell = (value: string, name: string) => h('span', { class: 'cell' }, value, h('small', {}, name));
  return h(
    'a',
    { class: 'atlas-feature', href: unitPath(context, unit) },
    h('span', { class: 'feature-number' }, unitPicture(context, unit), h('b', {}, unitText(unit))),
    fires ? unitWords(context, unit) : h('span', { class: 'soft' }, 'fires on nothing'),
    cell(percent(fires / documents, 2), of === 'neurons' ? 'above 0' : `of ${what}`),
    of === 'neurons'
      ? cell(short(table.strength[index]), 'strength')
      : [
          cell(typeof label?.f1 === 'number' ? short(label.f1) : '–', 'F1'),
          cell(typeof label?.pearson === 'number' ? short(label.pearson) : '–', 'r'),
        ],
  );
}

const sheet = (rows: readonly number[], known: KnownUnits): Sheet => ({
  columns: ['unit', 'label', 'kind', 'f1', 'pearson', 'lists', 'fires', 'strength', 'largest'],
  rows: rows.map((index) => {
    const { of, labels, table } = known;
    const label = labels.get(index);
    return [
      ...[unitText({ of, index }), titleOfUnit(known, index), label?.kind],
      ...[label?.f1 ?? undefined, label?.pearson ?? undefined, known.own(index)?.lists.join(', ')],
      ...[table.fires[index], table.strength[index], table.largest[index]],
    ];
  }),
});
