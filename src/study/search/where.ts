// Which documents take part, by what is known of them: `categories=cs.CV`, `date>=2010`.
import { UsageError, unknownName } from '../../core/errors.js';
import { type Metadata, textsOf } from '../../vectors/metadata.js';

const OPERATORS = ['!=', '>=', '<=', '=', '>', '<', '~'] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Condition {
  field: string;
  operator: Operator;
  value: string;
}

const WRITTEN = 'FIELD=VALUE, with one of = != >= <= > < ~ (holds the text)';

/** `date>=2010`. UsageError where it is none. */
export function parseCondition(text: string): Condition {
  const match = /^\s*([^=!<>~]+?)\s*(!=|>=|<=|=|>|<|~)\s*(.*?)\s*$/su.exec(text);
  if (!match || match[3] === '') throw new UsageError(`--where ${text}: write ${WRITTEN}`);
  return { field: match[1], operator: match[2] as Operator, value: match[3] };
}

/** UsageError naming the closest field where there is none of that name. */
export function checkFields(conditions: readonly Condition[], { fields, label }: Metadata): void {
  for (const { field } of conditions)
    if (!fields.includes(field)) throw unknownName(`field of ${label}`, field, [...fields]);
}

/** One byte a record: 1 where all conditions hold. */
export function allowedBy(conditions: readonly Condition[], { records }: Metadata): Uint8Array {
  return Uint8Array.from(records, (record) =>
    conditions.every((condition) => holds(condition, textsOf(record[condition.field]))) ? 1 : 0,
  );
}

function holds({ operator, value }: Condition, texts: readonly string[]): boolean {
  switch (operator) {
    case '=':
      return texts.some((text) => isOne(text, value));
    case '!=':
      return !texts.some((text) => isOne(text, value));
    case '~': {
      const part = value.toLowerCase();
      return texts.some((text) => text.toLowerCase().includes(part));
    }
    default:
      return texts.some((text) => ordered(operator, compared(text, value)));
  }
}

/** The value itself, or one of the words of a list that is written with spaces: "cs.CV cs.LG". */
const isOne = (text: string, value: string): boolean => text === value || text.split(/\s+/).includes(value);

function ordered(operator: Operator, order: number): boolean {
  if (operator === '>=') return order >= 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order < 0;
}

/** As numbers where both are; otherwise as texts as far as `value` goes, so that 2010-05-01 is within 2010. NaN: no order. */
function compared(text: string, value: string): number {
  const [a, b] = [Number(text), Number(value)];
  if (Number.isFinite(a) && Number.isFinite(b) && text.trim() !== '') return a - b;
  const start = text.slice(0, value.length);
  return start < value ? -1 : start > value ? 1 : 0;
}
