// The one way to change a tap and run on: splice, ablate, add a direction, patch from another input, interchange in
// any basis; everywhere, or at chosen positions.
import { UsageError } from '../../core/errors.js';
import type { Session } from '../../network/types.js';
import { Axes } from './axes.js';
import type { Basis, Coded } from './basis.js';

/** Positions of a map: row * width + column; all of them unless given. */
interface Where {
  positions?: readonly number[];
}

export type Change = Where &
  (
    | /** Other values, of the tap's shape. */ { kind: 'splice'; values: Float32Array }
    /** Coordinates to 0: neurons, or those of a basis; all of them unless named. */
    | { kind: 'ablate'; coordinates?: readonly number[]; basis?: AnyBasis }
    /** amount * direction [d] is added. */
    | { kind: 'add'; direction: Float32Array; amount: number }
    /** The values of another input, of the tap's shape. */
    | { kind: 'patch'; source: Float32Array }
    /** The same in a basis, as far as a mask [size] of values 0..1 says. */
    | { kind: 'interchange'; source: Float32Array; basis: AnyBasis; mask: Float32Array }
  );

// biome-ignore lint/suspicious/noExplicitAny: what a basis keeps of vectors is its own business
type AnyBasis = Basis<any>;

/**
 * x [n][d] with a change made; x is left as it is.
 *
 * @throws UsageError values, directions or masks of another size, positions or coordinates that there are not.
 */
export function changed(x: Float32Array, d: number, change: Change): Float32Array {
  const n = x.length / d;
  const at = change.positions ?? Array.from({ length: n }, (_, i) => i);
  const bad = at.find((p) => !Number.isInteger(p) || p < 0 || p >= n);
  if (bad !== undefined) throw new UsageError(`position ${bad}: this tap has 0 to ${n - 1}`);
  const out = x.slice();
  const there = (values: Float32Array): Float32Array => {
    const part = new Float32Array(at.length * d);
    for (const [i, p] of at.entries()) part.set(values.subarray(p * d, (p + 1) * d), i * d);
    return part;
  };
  const made = madeOf(change, there(x), d, (values) => {
    fits('values', values, x.length);
    return there(values);
  });
  for (const [i, p] of at.entries()) out.set(made.subarray(i * d, (i + 1) * d), p * d);
  return out;
}

function madeOf(
  change: Change,
  x: Float32Array,
  d: number,
  given: (values: Float32Array) => Float32Array,
): Float32Array {
  switch (change.kind) {
    case 'splice':
      return given(change.values);
    case 'patch':
      return given(change.source);
    case 'add':
      fits('direction', change.direction, d);
      return x.map((v, i) => v + change.amount * change.direction[i % d]);
    case 'ablate': {
      const basis: AnyBasis = change.basis ?? new Axes(d);
      const mask = new Float32Array(basis.size).fill(change.coordinates ? 0 : 1);
      for (const c of change.coordinates ?? []) {
        if (!Number.isInteger(c) || c < 0 || c >= basis.size)
          throw new UsageError(`coordinate ${c}: this basis has 0 to ${basis.size - 1}`);
        mask[c] = 1;
      }
      const code: Coded = codeIn(basis, x, d);
      return basis.between([code], [basis.zero(code)]).patched(mask);
    }
    case 'interchange': {
      const { basis, mask } = change;
      fits('mask', mask, basis.size);
      return basis.between([codeIn(basis, x, d)], [basis.code(given(change.source))]).patched(mask);
    }
  }
}

function codeIn(basis: AnyBasis, x: Float32Array, d: number): Coded {
  if (basis.d !== d) throw new UsageError(`a basis of vectors of ${basis.d} does not fit a tap of ${d}`);
  return basis.code(x);
}

function fits(what: string, values: Float32Array, length: number): void {
  if (values.length !== length) throw new UsageError(`${what} of ${values.length} numbers, not ${length}`);
}

/** After session.run(): changes the tap that the session splices and computes again what depends on it. */
export function intervene(session: Session, tap: string, change: Change): void {
  session.runSpliced(changed(session.tap(tap), session.info(tap).channels, change));
}
