// Comma-separated values as RFC 4180 has them: fields in double quotes may hold commas,
// line ends and doubled quotes. Strict: what a lenient reader would guess at is refused.
import { InputError } from '../core/errors.js';
import { Allowance } from './limits.js';

export interface CsvRow {
  /** Line of the file on which the row begins, from 1. */
  line: number;
  /** As many as the header has. */
  fields: string[];
}

/** A field and what ends it. `[^"]*` runs, so that a long field needs no stack. */
const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** The first row (the header) and all others; empty lines are skipped. InputError names line and fault. */
export function parseCsv(text: string, label: string): { header: string[]; rows: CsvRow[] } {
  const allowance = new Allowance(text.length, label);
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let line = 1;
  let first = 1;
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let open = false; // a comma promised another field
  while (at < text.length || open) {
    FIELD.lastIndex = at;
    const match = FIELD.exec(text);
    if (!match)
      throw new InputError(
        `${label}: line ${line}: a double quote that is not closed, or not doubled inside a quoted field`,
      );
    allowance.count();
    const [whole, quoted, plain, end] = match;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += whole.length;
    line += whole.split('\n').length - 1;
    open = end === ',';
    if (open) continue;
    const empty = fields.length === 1 && quoted === undefined && plain === '';
    if (!empty) rows.push({ line: first, fields });
    fields = [];
    first = line;
  }
  const header = rows.shift()?.fields;
  if (!header) throw new InputError(`${label}: is empty; its first line must name the columns`);
  for (const row of rows)
    if (row.fields.length !== header.length)
      throw new InputError(
        `${label}: line ${row.line}: ${row.fields.length} fields, but the header has ${header.length}`,
      );
  return { header, rows };
}
