// Numeric code takes exp, sin ... from the core: JS Math differs between engines.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSource, readSources } from '../support/house.js';

const test = suite('house/exactness');
/** What only draws: its numbers are shown in pictures, no result holds them. */
const DRAWING = /^src\/(report|explorer)\//;
const FORBIDDEN =
  /^(exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|cbrt|hypot|random)$/;

test('no JS Math transcendental and no Math.random where numbers reach a result', () => {
  const files = readSources('src', 'models').filter((f) => !DRAWING.test(f.path));
  assert.ok(files.length > 150, `${files.length} files`);
  assert.ok(
    files.some((f) => f.math.has('max')),
    'Math is seen where it is used',
  );
  assert.equal(
    files.flatMap((f) => [...f.math.keys()].filter((m) => FORBIDDEN.test(m)).map((m) => `${f.path} ${m}`)),
    [],
  );
});

test('Math is not passed on under another name, and ** is exact', () => {
  const files = readSources('src', 'models').filter((f) => !DRAWING.test(f.path));
  assert.equal(
    files.filter((f) => f.mathWhole).map((f) => f.path),
    [],
  );
  // Exact in every engine: whole exponents that are written there, and powers of two.
  const exact = /\*\* -?\d+n?$|^2 \*\* [^\d-]/;
  assert.equal(
    files.flatMap((f) => f.powers.filter((p) => !exact.test(p)).map((p) => `${f.path} ${p}`)),
    [],
  );
  const { math, mathWhole, powers } = parseSource(
    'src/core/z.ts',
    'Math.exp(2 ** 0.5); const m = Math; m.sin(x)',
  );
  assert.equal([...math.keys()], ['exp']);
  assert.equal(mathWhole, true);
  assert.equal(powers, ['2 ** 0.5']);
});

test.run();
