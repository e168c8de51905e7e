// All documents, or those that have some words, fit conditions, or fire a feature: a list of which only what is in sight is
// made.
import { short } from '../../../../report/numbers.js';
import { fill, h, onSettled, warning } from '../../dom.js';
import { downloads } from '../../download.js';
import { LongList } from '../../list.js';
import { replaceAddress } from '../../router.js';
import type { View } from '../../view.js';
import { REPLACED } from '../../worker-calls.js';
import { type AtlasUnit, unitText } from '../atlas-unit.js';
import { type AtlasContext, chosenUnit, grouped, heading, things, unitPath, unitValues } from '../context.js';
import { documentRow } from '../document-parts.js';
import { conditionsOf } from '../query-state.js';
import { strongestFirst } from '../unit-facts.js';

/** Heights of a row of words, and of one of pictures. */
const [ROW, TILE] = [62, 150];

/** When the rest is fetched, and of how many documents at most. */
const [LATER_MS, MOST_TITLES] = [400, 200_000];

interface Chosen {
  rows: ArrayLike<number>;
  /** Beside each, where the list is of a unit. */
  value?: ArrayLike<number>;
}

export async function documents(context: AtlasContext): Promise<View> {
  const { data, address, link } = context;
  const { documents: count, of: what } = data.index;
  const pictures = what === 'pictures';
  let text = address.query.get('q') ?? '';
  let where = address.query.get('where') ?? '';
  const unit = chosenUnit(context);
  const label = unit && (await data.title(unit));
  const all: Chosen = unit ? await firing(context, unit) : { rows: { length: count } };
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
        chosen = unit ? within(all, rows) : { rows };
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
    replaceAddress(link(['documents'], { q: text, where, ...(unit && unitValues(unit)) }));
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
  const title = unit
    ? `${heading(context)} that fire ${unitText(unit)}${label ? `: ${label}` : ''}`
    : heading(context);
  return {
    title,
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, title),
      unit &&
        h(
          'p',
          {},
          h('a', { href: unitPath(context, unit) }, unitText(unit)),
          ` fires on these, strongest first${ofWhich(context, unit)}.`,
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
      const other = chosenUnit(context, next.query);
      if (other?.of !== unit?.of || other?.index !== unit?.index) return false;
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

/** Of a neuron all rows are not kept: what these are. */
function ofWhich(context: AtlasContext, { of }: AtlasUnit): string {
  const { neurons, documents: count } = context.data.index;
  if (of !== 'neurons' || neurons!.rows === count) return '';
  return `: the strongest of all, then those of ${things(context, neurons!.rows)} that are evenly spaced`;
}

async function firing({ data }: AtlasContext, { of, index }: AtlasUnit): Promise<Chosen> {
  const facts = await data.unit(of, index);
  const top = facts.top ? strongestFirst(facts.top) : [];
  const there = new Set(top.map(({ row }) => row));
  const order = [...top, ...strongestFirst(facts).filter(({ row }) => !there.has(row))];
  return { rows: order.map(({ row }) => row), value: order.map(({ value }) => value) };
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
