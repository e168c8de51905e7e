import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('i32_csc');
const engines = await bothBuilds();

/** Where each list begins when they follow one another, and the end. */
function offsets(lists: unknown[][]): number[] {
  const out = [0];
  for (const list of lists) out.push(out[out.length - 1] + list.length);
  return out;
}

test('lists per sample become lists per feature, samples in order', () => {
  const lists = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 11 }), { maxLength: 6 }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(lists, (samples) => {
      const f = 12;
      const index = samples.flat();
      const entries = index.length;
      const start = offsets(samples);
      const flat = onBoth(engines, (g, core) => {
        const k = core.kernels;
        const ix = g.i32(index);
        const [value, df] = [g.f32(index.map((_, i) => i)), g.f32(index.map((_, i) => -i))];
        const first = g.alloc(4 * (f + 1), 'first');
        const [next, sample, valueT, dfT] = [
          g.alloc(4 * f),
          g.alloc(4 * entries),
          g.alloc(4 * entries),
          g.alloc(4 * entries),
        ];
        k.i32_csc_count({ index: ix, entries, f, first });
        k.i32_csc_fill({
          start: g.i32(start),
          index: ix,
          value,
          df,
          n: samples.length,
          f,
          first,
          next,
          sample,
          valueT,
          dfT,
        });
        return Float32Array.from([
          ...core.i32(first, f + 1),
          ...core.i32(sample, entries),
          ...core.f32(valueT, entries),
          ...core.f32(dfT, entries),
        ]);
      });
      const expected = Array.from({ length: f }, (_, feature) =>
        samples.flatMap((list, b) =>
          list.flatMap((i, at) => (i === feature ? [{ b, entry: start[b] + at }] : [])),
        ),
      );
      const all = expected.flat();
      const first = offsets(expected);
      assert.equal(
        [...flat].map((v) => v + 0),
        [...first, ...all.map((e) => e.b), ...all.map((e) => e.entry), ...all.map((e) => 0 - e.entry)].map(
          (v) => v + 0,
        ),
      );
    }),
    { numRuns: 100 },
  );
});

test.run();
