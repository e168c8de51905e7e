// Lists of features, and of neurons: search, filter, sort; each setting is in the address.

import { short } from '../../../report/numbers.js';
import { SKETCH_SAMPLES } from '../../../study/facts/format.js';
import type { Kind } from '../../../units/unit.js';
import { formatUnit } from '../../../units/unit.js';
import { sketch } from '../charts.js';
import { best } from '../crops.js';
import type { RunData, Table } from '../data.js';
import { degrees, h, note, percent, plural, s, strengthText, warning } from '../dom.js';
import { downloads, type Sheet, sheetOf } from '../download.js';
import {
  DEFAULT_FILTER,
  type Filter,
  filterOf,
  listQuery,
  queryOf,
  SORTS,
  STATES,
  select,
} from '../filter.js';
import { knownOf } from '../known.js';
import { LongList } from '../list.js';
import { arcIcon } from '../polar.js';
import { type QueryValues, replaceAddress } from '../router.js';
import { titleOf } from '../titles.js';
import type { View, ViewContext } from '../view.js';

const ROW_HEIGHT = 56;

export async function units(kind: Kind, context: ViewContext): Promise<View> {
  const { run } = context;
  const table = await run.table(kind);
  let filter = filterOf(context.address.query);
  const known = knownOf(run, kind);
  let rows = select(table, filter, kind, known);
  const sketches = table.ints('sketch');
  const summary = h('p', { class: 'soft', role: 'status' });
  const list = new LongList({
    label: kind,
    count: rows.length,
    rowHeight: ROW_HEIGHT,
    row: (i) => unitRow(context, kind, table, sketches, rows[i], listQuery(filter)),
  });
  const empty = note(
    `None of the ${kind} is like that. `,
    h('button', { type: 'button', onclick: () => set({ ...DEFAULT_FILTER }, true) }, 'Show all'),
  );
  const say = () => {
    const all = run.index.counts[kind];
    summary.textContent =
      rows.length === all
        ? plural(all, kind.slice(0, -1))
        : `${rows.length} of ${plural(all, kind.slice(0, -1))}`;
    empty.hidden = rows.length > 0;
  };
  const form = filterForm(
    context,
    kind,
    table,
    () => filter,
    (next) => set(next),
  );
  const set = (next: Filter, redraw = false) => {
    filter = next;
    rows = select(table, filter, kind, known);
    list.update({ count: rows.length });
    replaceAddress(context.link([kind], queryOf(filter)));
    if (redraw) form.show();
    say();
  };
  say();
  const lacking = run.lacks('curves');
  const element = h(
    'div',
    {},
    h('h1', { tabindex: -1 }, kind === 'features' ? 'Features' : 'Neurons'),
    lacking && warning(`No tuning curves here: ${lacking}`),
    form.element,
    h(
      'div',
      { class: 'summary-line' },
      summary,
      downloads(kind, () => sheet(table, rows, run, kind)),
    ),
    empty,
    list.element,
  );
  return {
    title: kind === 'features' ? 'Features' : 'Neurons',
    element,
    shown: () => list.show(),
    readdress: (address) => {
      filter = filterOf(address.query);
      rows = select(table, filter, kind, known);
      list.update({ count: rows.length });
      form.show();
      say();
      return true;
    },
    dispose: () => list.dispose(),
  };
}

function unitRow(
  context: ViewContext,
  kind: Kind,
  table: Table,
  sketches: (ArrayLike<number> & { subarray(a: number, b: number): ArrayLike<number> }) | undefined,
  unit: number,
  list: QueryValues,
): HTMLElement {
  const value = (name: string): number | undefined => table.column(name)?.[unit];
  const peak = value('peak');
  const orientation = value('orientation');
  const density = value('density');
  const strength = value('strength');
  const alignment = value('alignment');
  const title = titleOf(context.run, { kind, index: unit });
  const responds = peak !== undefined && peak > 0 && orientation !== undefined;
  return h(
    'a',
    { class: `unit-row of-${kind}`, href: context.link([kind, unit], list) },
    best(context.run, { kind, index: unit }) ?? h('span', { class: 'crop' }),
    h(
      'span',
      { class: 'cell-name' },
      h('b', {}, kind === 'features' ? formatUnit({ kind, index: unit }) : String(unit)),
      title && h('small', {}, title.text),
    ),
    h(
      'span',
      { class: 'cell-sketch' },
      responds
        ? sketches &&
            sketch(
              kind,
              sketches.subarray(unit * SKETCH_SAMPLES, (unit + 1) * SKETCH_SAMPLES),
              'tuning curve',
            )
        : peak === undefined
          ? ''
          : h('small', { class: 'soft' }, 'deaf to curves'),
    ),
    h(
      'span',
      { class: 'cell-orientation' },
      responds && [
        s('svg', { viewBox: '-12 -12 24 24', class: 'arc', 'aria-hidden': 'true' }, arcIcon(orientation, 9)),
        degrees(orientation),
      ],
    ),
    h(
      'span',
      { class: 'cell' },
      density === undefined ? '' : density > 0 ? percent(density, density < 0.001 ? 3 : 1) : 'dead',
      h('small', {}, 'density'),
    ),
    h(
      'span',
      { class: 'cell' },
      strength === undefined ? '' : strengthText(strength),
      h('small', {}, 'strength'),
    ),
    kind === 'features' &&
      h(
        'span',
        { class: 'cell' },
        alignment === undefined ? '' : alignment.toFixed(2),
        h('small', {}, 'alignment'),
      ),
    h(
      'span',
      { class: 'cell-badge' },
      table.column('detector')?.[unit] ? h('span', { class: 'badge' }, 'curve') : '',
    ),
  );
}

function filterForm(
  { run }: ViewContext,
  kind: Kind,
  table: Table,
  get: () => Filter,
  set: (filter: Filter) => void,
) {
  const change = (part: Partial<Filter>) => set({ ...get(), ...part });
  const number = (event: Event) => Number((event.target as HTMLInputElement).value);
  const search = h('input', {
    type: 'search',
    id: 'search',
    maxlength: 200,
    placeholder: kind === 'features' ? 'f12, n5, 90°, a label' : 'n59, 90°, a label',
    autocomplete: 'off',
    spellcheck: 'false',
    oninput: (event: Event) => change({ text: (event.target as HTMLInputElement).value.slice(0, 200) }),
  });
  const choice = (
    id: string,
    label: string,
    options: Record<string, string>,
    key: 'state' | 'sort' | 'list' | 'family',
  ) => {
    const element = h(
      'select',
      { id, onchange: (event: Event) => change({ [key]: (event.target as HTMLSelectElement).value }) },
      Object.entries(options).map(([value, text]) => h('option', { value }, text)),
    );
    return { element, label: h('label', { for: id }, label, element) };
  };
  const state = choice('state', 'Show', STATES, 'state');
  const sort = choice('sort', 'Sort by', kind === 'features' ? SORTS : withoutAlignment(SORTS), 'sort');
  const lists = run.notes?.lists() ?? [];
  const list = choice(
    'list',
    'On the list',
    Object.fromEntries([['', 'any'], ...lists.map((l) => [l, l])]),
    'list',
  );
  const families = familiesOf(run, kind);
  const family = choice('family', 'Family', { '': 'any', ...families }, 'family');
  const around = h('input', {
    type: 'checkbox',
    id: 'around',
    // Before the form's own listener shows the settings again.
    oninput: (event: Event) => change({ around: (event.target as HTMLInputElement).checked }),
  });
  const orientation = h('input', {
    type: 'range',
    id: 'o',
    min: 0,
    max: 359,
    step: 1,
    oninput: (event: Event) => change({ orientation: number(event), around: true }),
  });
  const within = h('input', {
    type: 'range',
    id: 'within',
    min: 1,
    max: 180,
    step: 1,
    oninput: (event: Event) => change({ within: number(event), around: true }),
  });
  const orientationText = h('output', { for: 'o within' });
  const density = h('input', {
    type: 'range',
    id: 'density',
    min: -6,
    max: 0,
    step: 0.25,
    oninput: (event: Event) => change({ densest: number(event) }),
  });
  const densityText = h('output', { for: 'density' });
  const alignment = h('input', {
    type: 'range',
    id: 'alignment',
    min: 0,
    max: 1,
    step: 0.01,
    oninput: (event: Event) => change({ alignment: number(event) }),
  });
  const alignmentText = h('output', { for: 'alignment' });
  const show = () => {
    const f = get();
    if (search.value !== f.text) search.value = f.text;
    state.element.value = f.state;
    sort.element.value = f.sort;
    list.element.value = f.list;
    family.element.value = f.family;
    around.checked = f.around;
    orientation.value = String(f.orientation);
    within.value = String(f.within);
    density.value = String(f.densest);
    alignment.value = String(f.alignment);
    texts();
  };
  const texts = () => {
    const f = get();
    orientationText.textContent = f.around ? `${f.orientation}° ± ${f.within}°` : 'any';
    around.checked = f.around;
    densityText.textContent = f.densest >= 0 ? 'any' : `at most ${short(100 * 10 ** f.densest)} %`;
    alignmentText.textContent = f.alignment >= 1 ? 'any' : `at most ${f.alignment.toFixed(2)}`;
  };
  // A phone has the list in view first; what is set there is shown.
  const more = h(
    'details',
    { class: 'more', open: matchMedia('(min-width: 44rem)').matches || isNarrowed(get()) },
    h('summary', {}, 'Orientation, density, alignment'),
    h(
      'div',
      { class: 'ranges' },
      h(
        'fieldset',
        {},
        h('legend', {}, h('label', { for: 'around' }, around, ' Orientation '), orientationText),
        h('label', { for: 'o' }, 'around', orientation),
        h('label', { for: 'within' }, 'within', within),
      ),
      h(
        'fieldset',
        {},
        h('legend', {}, 'Density ', densityText),
        h('label', { for: 'density' }, 'rarer than', density),
      ),
      kind === 'features' &&
        table.column('alignment') !== undefined &&
        h(
          'fieldset',
          {},
          h('legend', {}, 'Alignment ', alignmentText),
          h('label', { for: 'alignment' }, 'below', alignment),
        ),
    ),
  );
  const element = h(
    'form',
    {
      class: 'filters',
      role: 'search',
      onsubmit: (event: Event) => event.preventDefault(),
      oninput: () => texts(),
      onchange: () => texts(),
    },
    h('label', { for: 'search' }, 'Search', search),
    state.label,
    sort.label,
    Object.keys(families).length > 0 && family.label,
    lists.length > 0 && list.label,
    more,
  );
  show();
  return { element, show };
}

const isNarrowed = (f: Filter): boolean => f.around || f.densest < 0 || f.alignment < 1;

/** Families that units of the kind are in, the largest first, with how many there are. */
function familiesOf(run: RunData, kind: Kind): Record<string, string> {
  const known = knownOf(run, kind);
  const counts = new Map<string, number>();
  for (let unit = 0; unit < run.index.counts[kind]; unit++) {
    const family = known.family(unit);
    if (family) counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  const order = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return Object.fromEntries(order.map(([family, n]) => [family, `${family} (${n})`]));
}

/** What the list says of its units, in its order. */
function sheet(table: Table, rows: readonly number[], run: RunData, kind: Kind): Sheet {
  const of = (name: string) => {
    const values = table.column(name) ?? table.ints(name);
    return values && rows.map((u) => values[u]);
  };
  const names = ['orientation', 'peak', 'strength', 'resultant', 'echo', 'fwhm', 'density', 'percentile999'];
  return sheetOf({
    unit: rows.map((index) => run.name(kind, index)),
    label: rows.map((index) => titleOf(run, { kind, index })?.text ?? ''),
    family: rows.map((index) => run.made?.families.get(run.name(kind, index))?.family ?? ''),
    ...Object.fromEntries(
      [...names, 'largest', 'alignment', 'neuron', 'detector'].map((name) => [name, of(name)]),
    ),
  });
}

function withoutAlignment({ alignment: _, ...others }: Record<string, string>): Record<string, string> {
  return others;
}
