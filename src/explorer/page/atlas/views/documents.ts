// All documents, or those that have some words, fit conditions, or fire a feature: a list of which only what is in sight is
// made.
import { short } from '../../../../report/numbers.js';
import { fill, h, onSettled, warning } from '../../dom.js';
import { downloads } from '../../download.js';
import { LongList } from '../../list.js';
import { replaceAddress, wholeNumber } from '../../router.js';
import type { View } from '../../view.js';
import { REPLACED } from '../../worker-calls.js';
import { type AtlasContext, grouped, heading, named } from '../context.js';
import { documentRow } from '../document-parts.js';
import { conditionsOf } from '../query-state.js';

/** Heights of a row of words, and of one of pictures. */
const [ROW, TILE] = [62, 150];

/** When the rest is fetched, and of how many documents at most. */
const [LATER_MS, MOST_TITLES] = [400, 200_000];

interface Chosen {
  rows: ArrayLike<number>;
  /** Beside each, where the list is of a feature. */
  value?: ArrayLike<number>;
}

export async function documents(context: AtlasContext): Promise<View> {
  const { data, address, link, sae } = context;
  const { documents: count, of: what, saes } = data.index;
  const pictures = what === 'pictures';
  let text = address.query.get('q') ?? '';
  let where = address.query.get('where') ?? '';
  const feature =
    sae === undefined ? undefined : wholeNumber(address.query.get('feature'), 0, saes[sae].dSae - 1);
  const label = feature === undefined ? undefined : (await data.labels(sae!)).get(feature);
  const all: Chosen = feature === undefined ? { rows: { length: count } } : await firing(context, feature);
  let chosen: Chosen = all;
  const summary = h('p', { 'aria-live': 'polite' });
  const complaint = h('div');
  const columns = () => (pictures ? Math.max(2, Math.floor(Math.min(1088, innerWidth - 32) / TILE)) : 1);
  const at = (i: number) => (chosen.rows[i] === undefined ? i : chosen.rows[i]);
  const one = (i: number) =>
    documentRow(context, at(i), { before: chosen.value ? short(chosen.value[i]) : undefined });
  const list = new LongList({
    ...{ label: what, count: 0, rowHeight: pictures ? TILE + 42 : ROW },
    row: (line) => {
      if (!pictures) return one(line);
      const from = line * columns();
      const tiles = Array.from({ length: Math.min(columns(), chosen.rows.length - from) }, (_, i) =>
        one(from + i),
      );
      const element = h('div', { class: 'picture-line' }, tiles);
      element.style.setProperty('--columns', String(columns()));
      return element;
    },
  });
  let turn = 0;
  const look = async () => {
    const mine = ++turn;
    fill(complaint);
    chosen = all;
    if (text.trim() || where.trim())
      try {
        const rows = await data.ask('words', { text, where: conditionsOf(where) });
        if (rows === REPLACED || mine !== turn) return;
        chosen = feature === undefined ? { rows } : within(all, rows);
      } catch (error) {
        if (mine !== turn) return;
        fill(complaint, warning((error as Error).message));
        chosen = { rows: [] };
      }
    const n = chosen.rows.length;
    list.update({ count: Math.ceil(n / columns()) });
    summary.textContent =
      n === count ? `${grouped(n)} ${what}` : `${grouped(n)} of ${grouped(count)} ${what}`;
  };
  const set = () => {
    replaceAddress(link(['documents'], { q: text, where, feature }));
    void look();
  };
  const search = h('input', {
    ...{
      type: 'search',
      id: 'search',
      value: text,
      placeholder: `all words, of ${data.index.searched.join(', ') || 'titles'}`,
    },
    oninput: () => {
      text = search.value;
      set();
    },
  });
  const filter = h('input', {
    ...{ type: 'text', id: 'where', value: where, placeholder: 'FIELD=VALUE, date>=2010, title~star' },
    ...onSettled((value) => {
      where = value;
      set();
    }),
  });
  await look();
  // On a phone that was turned.
  let later = 0;
  let before = columns();
  const resized = () => {
    if (columns() === before) return;
    before = columns();
    list.update({ count: Math.ceil(chosen.rows.length / before) });
  };
  addEventListener('resize', resized);
  const title =
    feature === undefined ? heading(context) : `${heading(context)} that fire ${named(feature, label)}`;
  return {
    title,
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, title),
      feature !== undefined &&
        h(
          'p',
          {},
          h('a', { href: link(['features', feature]) }, `f${feature}`),
          ' fires on these, strongest first.',
        ),
      h(
        'div',
        { class: 'filters' },
        h('label', { for: 'search' }, 'Words', search),
        h('label', { for: 'where' }, 'Only where', filter),
      ),
      complaint,
      h(
        'div',
        { class: 'summary-line' },
        summary,
        downloads(what, () => sheet(context, chosen, at)),
      ),
      list.element,
    ),
    shown: () => {
      list.show();
      later ||= window.setTimeout(() => fetchAll(context), LATER_MS);
    },
    readdress(next) {
      const other = wholeNumber(next.query.get('feature'), 0, Number.MAX_SAFE_INTEGER);
      if (other !== feature) return false;
      text = search.value = next.query.get('q') ?? '';
      where = filter.value = next.query.get('where') ?? '';
      void look();
      return true;
    },
    dispose: () => {
      clearTimeout(later);
      removeEventListener('resize', resized);
      list.dispose();
    },
  };
}

/** Titles for the whole list, once what is in sight is there: for who scrolls far, and for the saved table. */
function fetchAll({ data }: AtlasContext): void {
  if (data.index.documents <= MOST_TITLES) data.briefs.all().catch(() => {}); // rows say it themselves
}

/** Strongest first, equal ones by row. */
async function firing({ data, sae }: AtlasContext, feature: number): Promise<Chosen> {
  const { document, value } = await data.feature(sae!, feature);
  const order = Array.from(document, (_, i) => i).sort(
    (a, b) => value[b] - value[a] || document[a] - document[b],
  );
  return { rows: order.map((i) => document[i]), value: order.map((i) => value[i]) };
}

function within({ rows, value }: Chosen, wanted: Int32Array): Chosen {
  const set = new Set(wanted);
  const kept = Array.from(rows, (_, i) => i).filter((i) => set.has(rows[i]));
  return { rows: kept.map((i) => rows[i]), value: value && kept.map((i) => value[i]) };
}

/** What is here of it: rows that were looked at have their titles. */
function sheet({ data }: AtlasContext, { rows, value }: Chosen, at: (i: number) => number) {
  return {
    columns: ['row', 'id', 'title', ...(value ? ['activation'] : [])],
    rows: Array.from({ length: rows.length }, (_, i) => {
      const [id, title] = data.briefs.now(at(i)) ?? [];
      return [at(i), id, title, ...(value ? [value[i]] : [])];
    }),
  };
}
