// Units as a ranked list of meters: value over the largest that the run saw.

import { short } from '../../report/numbers.js';
import { best } from '../../units/co-occurrence.js';
import { formatUnit, type Kind, sameUnit, type Unit, unitName } from '../../units/unit.js';
import type { RunData, Table } from './data.js';
import { degrees, fill, h } from './dom.js';
import { type Sheet, sheetOf } from './download.js';

export type Scales = Record<
  Kind,
  { largest: (unit: number) => number; orientation: (unit: number) => number | undefined }
>;

/** What a value is measured against: the largest on photographs or on curves. */
export async function scalesOf(run: RunData): Promise<Scales> {
  const of = (table: Table) => {
    const columns = [table.column('largest'), table.column('peak')];
    const orientation = table.column('orientation');
    const peak = table.column('peak');
    return {
      largest: (unit: number) => Math.max(1e-9, ...columns.map((c) => c?.[unit] ?? 0)),
      orientation: (unit: number) => (peak && peak[unit] > 0 ? orientation?.[unit] : undefined),
    };
  };
  return { neurons: of(await run.table('neurons')), features: of(await run.table('features')) };
}

export interface MeterOptions {
  label: string;
  scales: Scales;
  href: (ref: Unit) => string;
  picture: (ref: Unit) => HTMLElement | undefined;
  /** A button of each row. */
  action?: { text: string; label: (ref: Unit) => string; run: (ref: Unit) => void };
  /** Chooses the row to be shown. */
  select?: (ref: Unit) => void;
}

interface Row {
  element: HTMLElement;
  bar: HTMLElement;
  number: HTMLElement;
  select: HTMLElement | undefined;
}

export class Meters {
  readonly element: HTMLElement;
  #options: MeterOptions;
  #rows = new Map<string, Row>();
  #order = '';
  #shown: { unit: Unit; value: number }[] = [];

  constructor(options: MeterOptions) {
    this.#options = options;
    this.element = h('ul', {
      class: 'meters',
      'aria-label': options.label,
      onkeydown: (event: KeyboardEvent) => arrows(event, this.element),
    });
  }

  /** Shows units with their values; rows stay the same elements, so that focus and motion are kept. */
  set(units: readonly Unit[], value: (ref: Unit) => number, selected?: Unit): void {
    const order = units.map((u) => formatUnit(u)).join();
    if (order !== this.#order) {
      this.#order = order;
      const before = this.#rows;
      this.#rows = new Map(
        units.map((ref) => [formatUnit(ref), before.get(formatUnit(ref)) ?? this.#row(ref)]),
      );
      fill(
        this.element,
        [...this.#rows.values()].map((r) => r.element),
      );
    }
    this.#shown = units.map((unit) => ({ unit, value: value(unit) }));
    for (const ref of units) {
      const row = this.#rows.get(formatUnit(ref))!;
      const v = value(ref);
      const share = Math.min(1, Math.max(0, v / this.#options.scales[ref.kind].largest(ref.index)));
      row.bar.style.setProperty('width', `${(100 * share).toFixed(1)}%`);
      row.number.textContent = v > 0 ? short(v) : '0';
      row.select?.setAttribute('aria-pressed', String(selected !== undefined && sameUnit(selected, ref)));
    }
  }

  /** What is shown now: each unit's value, and the largest that the run saw of it. */
  sheet(name: (unit: Unit) => string): Sheet {
    const { scales } = this.#options;
    return sheetOf({
      unit: this.#shown.map(({ unit }) => name(unit)),
      value: this.#shown.map(({ value }) => value),
      largest: this.#shown.map(({ unit }) => scales[unit.kind].largest(unit.index)),
    });
  }

  #row(ref: Unit): Row {
    const { scales, href, picture, action, select } = this.#options;
    const name = unitName(ref);
    const orientation = scales[ref.kind].orientation(ref.index);
    const bar = h('span');
    const number = h('span', { class: 'number' });
    const button =
      select &&
      h(
        'button',
        { type: 'button', class: 'name', 'aria-pressed': 'false', onclick: () => select(ref) },
        name,
      );
    const element = h(
      'li',
      { class: `of-${ref.kind}` },
      picture(ref) ?? h('span', { class: 'crop' }),
      button ?? h('a', { class: 'name', href: href(ref) }, name),
      h('span', { class: 'soft angle' }, orientation === undefined ? '' : degrees(orientation)),
      h('span', { class: 'meter' }, bar),
      number,
      button && h('a', { class: 'open', href: href(ref), 'aria-label': `page of ${name}` }, '↗'),
      action &&
        h(
          'button',
          { type: 'button', class: 'plain', 'aria-label': action.label(ref), onclick: () => action.run(ref) },
          action.text,
        ),
    );
    return { element, bar, number, select: button };
  }
}

/** Up and down go from row to row. */
function arrows(event: KeyboardEvent, list: HTMLElement): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const names = [...list.querySelectorAll<HTMLElement>('.name')];
  const at = names.findIndex((n) => n.closest('li')?.contains(document.activeElement));
  const to = names[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!to) return;
  event.preventDefault();
  to.focus();
}

/** The units that fire most, by value over their largest. */
export function ranked(values: Partial<Record<Kind, Float32Array>>, scales: Scales, count: number): Unit[] {
  const all: Unit[] = [];
  const share: number[] = [];
  for (const kind of ['features', 'neurons'] as const) {
    const v = values[kind];
    if (!v) continue;
    const relative = v.map((x, u) => (x > 0 ? x / scales[kind].largest(u) : 0));
    for (const index of best(relative, count)) {
      all.push({ kind, index });
      share.push(relative[index]);
    }
  }
  return best(share, count).map((i) => all[i]);
}
