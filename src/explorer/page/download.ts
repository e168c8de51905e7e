// What a table or a chart shows, as a file: CSV for tables, JSON for programs.
import { h } from './dom.js';

export type Cell = string | number | undefined;

export interface Sheet {
  columns: string[];
  rows: Cell[][];
}

/** Fields as RFC 4180 has them; a field that a spreadsheet would compute is text. */
export function csvOf({ columns, rows }: Sheet): string {
  const field = (cell: Cell): string => {
    if (cell === undefined || (typeof cell === 'number' && !Number.isFinite(cell))) return '';
    const text = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** Objects by column. */
export const jsonOf = ({ columns, rows }: Sheet): string =>
  `${JSON.stringify(
    rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]))),
    null,
    1,
  )}\n`;

export function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h('a', { href: url, download: name }).click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Two small buttons. `sheet` is asked when one is pressed; `what`: said before them where there are several. */
export function downloads(name: string, sheet: () => Sheet, what?: string): HTMLElement {
  const button = (text: string, run: () => void) =>
    h('button', { type: 'button', class: 'quiet', 'aria-label': `${name} as ${text}`, onclick: run }, text);
  return h(
    'span',
    { class: 'downloads' },
    what && h('small', { class: 'soft' }, what),
    button('CSV', () => save(`${name}.csv`, csvOf(sheet()), 'text/csv')),
    button('JSON', () => save(`${name}.json`, jsonOf(sheet()), 'application/json')),
  );
}

/** Columns of equal length as a sheet. */
export function sheetOf(columns: Record<string, ArrayLike<string | number> | undefined>): Sheet {
  const present = Object.entries(columns).filter(
    (c): c is [string, ArrayLike<string | number>] => c[1] !== undefined,
  );
  const n = present.reduce((most, [, values]) => Math.max(most, values.length), 0);
  return {
    columns: present.map(([name]) => name),
    rows: Array.from({ length: n }, (_, i) => present.map(([, values]) => values[i])),
  };
}
