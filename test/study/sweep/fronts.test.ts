import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../src/index.js';
import { type Compared, equalFidelity, l0At, paretoFront } from '../../../src/study/sweep/fronts.js';
import { filled } from '../../support/filled.js';

const test = suite('study/sweep/fronts');
const engine = await init();

const row = (architecture: string, l0: number, fvu: number): Compared => ({
  name: `${architecture}-${l0}`,
  architecture,
  l0,
  fvu,
});

test('the front keeps what nothing beats', () => {
  const rows = [row('a', 4, 0.5), row('a', 8, 0.2), row('b', 8, 0.3), row('b', 6, 0.5), row('b', 2, 0.9)];
  assert.equal([...paretoFront(rows, (r) => r.fvu)].sort(), ['a-4', 'a-8', 'b-2']);
  assert.equal([...paretoFront([row('a', 4, 0.5), row('b', 4, 0.5)], (r) => r.fvu)].length, 2, 'equals stay');
  const useless = [row('a', 0.1, 1.01), row('a', 0, 1)];
  assert.is(
    paretoFront(useless, (r) => r.fvu).size,
    0,
    'what the mean of the data does as well is on no front',
  );
});

test('L0 at equal FVU is interpolated on logarithmic axes, and only inside', () => {
  const rows = [row('a', 4, 0.16), row('a', 16, 0.01), row('b', 10, 0.3), row('b', 40, 0.004)];
  assert.ok(Math.abs(l0At(rows, 'a', 0.04, engine.math)! - 8) < 1e-9);
  assert.is(l0At(rows, 'a', 0.2, engine.math), undefined);
  // An SAE that another of its architecture beats says nothing about what the architecture needs.
  assert.is(l0At([...rows, row('a', 300, 0.05)], 'a', 0.04, engine.math), l0At(rows, 'a', 0.04, engine.math));
  const levels = equalFidelity(rows, engine.math);
  assert.equal(
    levels.map((l) => l.fvu),
    [0.01, 0.02, 0.05, 0.1],
  );
  assert.ok(filled(levels).every((l) => l.l0.a! < l.l0.b!));
});

test.run();
