// Features of two autoencoders, matched by the cosine of their decoder rows: a list, the nearest first.
import { h, percent } from './dom.js';
import { downloads, sheetOf } from './download.js';
import { LongList } from './list.js';
import { numberOf, type QueryValues, replaceAddress } from './router.js';

/** By feature of A, and of B, the nearest of the other. */
export interface Match {
  /** `chance`: the cosine with the nearest of as many random directions as B has features. */
  a: { index: Int32Array; cosine: Float32Array; chance?: Float32Array };
  b: { index: Int32Array; cosine: Float32Array };
}

const ROW_HEIGHT = 56;

export interface MatchOptions {
  cell(side: 'a' | 'b', unit: number): HTMLElement;
  /** A choice of features of A, by a box. */
  only?: { name: string; text: string; has(unit: number): boolean };
  /** What the list is set to, as an address. */
  address(values: QueryValues): string;
}

export interface MatchList {
  element: HTMLElement;
  show(): void;
  dispose(): void;
}

export function matchList(
  match: Match,
  query: URLSearchParams,
  { cell, only, address }: MatchOptions,
): MatchList {
  let least = numberOf(query.get('cosine'), 0, 1, 0);
  let narrowed = only !== undefined && query.get(only.name) === '1';
  const mutual = (i: number): boolean => match.b.index[match.a.index[i]] === i;
  const n = match.a.index.length;
  const select = () =>
    Array.from({ length: n }, (_, i) => i)
      .filter((i) => match.a.index[i] >= 0 && match.a.cosine[i] >= least && (!narrowed || only!.has(i)))
      .sort((i, j) => match.a.cosine[j] - match.a.cosine[i] || i - j);
  let rows = select();
  const list = new LongList({
    label: 'matched features',
    count: rows.length,
    rowHeight: ROW_HEIGHT,
    row: (i) => {
      const u = rows[i];
      return h(
        'div',
        { class: 'match-row' },
        cell('a', u),
        h(
          'span',
          { class: 'cosine' },
          match.a.cosine[u].toFixed(3),
          mutual(u) &&
            h('span', { class: 'badge', title: 'each is the best match of the other' }, 'both ways'),
        ),
        cell('b', match.a.index[u]),
      );
    },
  });
  const summary = h('p', { class: 'soft', role: 'status' });
  const say = () => {
    summary.textContent = `${rows.length} of ${n} features of A, by the cosine with their best match in B`;
  };
  const set = () => {
    rows = select();
    list.update({ count: rows.length });
    replaceAddress(address({ cosine: least || undefined, ...(only && { [only.name]: narrowed }) }));
    say();
  };
  const cosine = h('input', {
    ...{ type: 'range', id: 'cosine', min: 0, max: 1, step: 0.01 },
    oninput: () => {
      least = Number(cosine.value);
      text.textContent = least.toFixed(2);
      set();
    },
  });
  cosine.value = String(least);
  const text = h('output', { for: 'cosine' }, least.toFixed(2));
  const box = h('input', {
    ...{ type: 'checkbox', id: only?.name },
    onchange: () => {
      narrowed = box.checked;
      set();
    },
  });
  box.checked = narrowed;
  say();
  const element = h(
    'div',
    {},
    h('h2', {}, 'Features matched by their decoder directions'),
    h('p', {}, sharesOf(match)),
    h(
      'form',
      { class: 'filters', onsubmit: (event: Event) => event.preventDefault() },
      h('label', { for: 'cosine' }, h('span', {}, 'Cosine at least ', text), cosine),
      only && h('label', { for: only.name }, box, ` ${only.text}`),
    ),
    h(
      'div',
      { class: 'summary-line' },
      summary,
      downloads('matched', () =>
        sheetOf({
          a: rows.map((u) => `f${u}`),
          b: rows.map((u) => `f${match.a.index[u]}`),
          cosine: rows.map((u) => match.a.cosine[u]),
          mutual: rows.map((u) => Number(mutual(u))),
        }),
      ),
    ),
    list.element,
  );
  return { element, show: () => list.show(), dispose: () => list.dispose() };
}

/** How many match, beside how many would match random directions. */
function sharesOf({ a: { cosine, chance } }: Match): string {
  const share = (values: Float32Array, bound: number) =>
    percent(values.reduce((sum, v) => sum + (v > bound ? 1 : 0), 0) / values.length, 0);
  const both = (values: Float32Array) => `${share(values, 0.7)}, above 0.9: ${share(values, 0.9)}`;
  const mean = (values: Float32Array) => (values.reduce((sum, v) => sum + v, 0) / values.length).toFixed(2);
  return `Of the features of A, those whose best match has a cosine above 0.7: ${both(cosine)}${
    chance
      ? `; with as many random directions in place of B, above 0.7: ${both(chance)}. Mean ${mean(cosine)}, by chance ${mean(chance)}`
      : ''
  }.`;
}
