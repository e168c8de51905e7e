// All features of an SAE: a list with labels, how often each fires, and how good its label is.
import { short } from '../../../../report/numbers.js';
import type { FeatureLabel } from '../../../../units/labels.js';
import { h, percent } from '../../dom.js';
import { downloads, type Sheet } from '../../download.js';
import { LongList } from '../../list.js';
import { replaceAddress } from '../../router.js';
import type { View } from '../../view.js';
import { type AtlasContext, grouped } from '../context.js';
import type { FeatureTable } from '../data.js';
import { featurePicture, featureWords } from '../feature-parts.js';
import { found } from '../sliders.js';

const ROW = 58;

interface Known {
  labels: ReadonlyMap<number, FeatureLabel>;
  table: FeatureTable;
}

const SORTS: Record<string, { text: string; by: (f: number, known: Known) => number }> = {
  f1: { text: 'best label', by: (f, { labels }) => -(labels.get(f)?.f1 ?? -1) },
  density: { text: 'most frequent', by: (f, { table }) => -table.fires[f] },
  rare: { text: 'rarest', by: (f, { table }) => table.fires[f] },
  strength: { text: 'strongest', by: (f, { table }) => -table.strength[f] },
  index: { text: 'number', by: (f) => f },
};

export async function features(context: AtlasContext): Promise<View> {
  const { data, address, link } = context;
  const sae = context.sae!;
  const [labels, table] = await Promise.all([data.labels(sae), data.table(sae)]);
  const known = { labels, table };
  const fallback = labels.size ? 'f1' : 'density';
  let text = address.query.get('q') ?? '';
  let sort = sortOf(address.query.get('sort'), fallback);
  let rows: number[] = [];
  const summary = h('p', { 'aria-live': 'polite' });
  const list = new LongList({
    ...{ label: 'features', count: 0, rowHeight: ROW },
    row: (i) => featureRow(context, rows[i], known),
  });
  const select = () => {
    rows = text.trim()
      ? found(text.trim().toLowerCase(), known, table.fires.length)
      : Array.from(table.fires, (_, f) => f);
    // By words, the order is that of how well they fit, until another one is asked for.
    if (!text.trim() || sort !== fallback)
      rows.sort((a, b) => SORTS[sort].by(a, known) - SORTS[sort].by(b, known) || a - b);
    list.update({ count: rows.length });
    summary.textContent = `${grouped(rows.length)} of ${grouped(table.fires.length)} features`;
  };
  const set = () => {
    replaceAddress(link(['features'], { q: text, sort: sort === fallback ? undefined : sort }));
    select();
  };
  const search = h('input', {
    ...{ type: 'search', id: 'search', value: text, placeholder: 'f12, or words of labels' },
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
        sort = sortOf(order.value, fallback);
        set();
      },
    },
    Object.entries(SORTS).map(([value, { text: name }]) =>
      h('option', { value, selected: value === sort }, name),
    ),
  );
  select();
  return {
    title: 'Features',
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, `Features of ${data.index.saes[sae].name}`),
      h(
        'div',
        { class: 'filters' },
        h('label', { for: 'search' }, 'Search', search),
        h('label', { for: 'sort' }, 'Order', order),
      ),
      h(
        'div',
        { class: 'summary-line' },
        summary,
        downloads('features', () => sheet(rows, known)),
      ),
      list.element,
    ),
    shown: () => list.show(),
    readdress(next) {
      text = search.value = next.query.get('q') ?? '';
      sort = order.value = sortOf(next.query.get('sort'), fallback);
      select();
      return true;
    },
    dispose: () => list.dispose(),
  };
}

const sortOf = (text: string | null, fallback: string): string =>
  text !== null && Object.hasOwn(SORTS, text) ? text : fallback;

function featureRow(context: AtlasContext, feature: number, { labels, table }: Known): HTMLElement {
  const sae = context.sae!;
  const label = labels.get(feature);
  const fires = table.fires[feature];
  const cell = (value: string, name: string) => h('span', { class: 'cell' }, value, h('small', {}, name));
  return h(
    'a',
    { class: 'atlas-feature', href: context.link(['features', feature]) },
    h('span', { class: 'feature-number' }, featurePicture(context, sae, feature), h('b', {}, `f${feature}`)),
    fires ? featureWords(context, sae, feature) : h('span', { class: 'soft' }, 'fires on nothing'),
    cell(percent(fires / context.data.index.documents, 2), `of ${context.data.index.of}`),
    cell(typeof label?.f1 === 'number' ? short(label.f1) : '–', 'F1'),
    cell(typeof label?.pearson === 'number' ? short(label.pearson) : '–', 'r'),
  );
}

const sheet = (rows: readonly number[], { labels, table }: Known): Sheet => ({
  columns: ['feature', 'label', 'kind', 'f1', 'pearson', 'documents', 'strength', 'largest'],
  rows: rows.map((f) => {
    const label = labels.get(f);
    return [
      ...[`f${f}`, label?.label, label?.kind, label?.f1 ?? undefined, label?.pearson ?? undefined],
      ...[table.fires[f], table.strength[f], table.largest[f]],
    ];
  }),
});
