// file = symbol = test = bench = docs line, for every kernel; and what the bench computes is
// the same in the simd and the scalar build.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KERNELS } from '../../src/bench/kernels.js';
import { init } from '../../src/index.js';
import { filled } from '../support/filled.js';
import { ROOT } from '../support/paths.js';

const test = suite('study/bench/kernels');
const files = readdirSync(resolve(ROOT, 'assembly/kernels')).map((f) => f.replace(/\.ts$/, ''));
const read = (path: string) => readFileSync(resolve(ROOT, path), 'utf8');

test('every kernel file has its symbol, its test, its benchmark and its line in docs/kernels.md', () => {
  const page = read('docs/kernels.md');
  for (const file of filled(files)) {
    const symbols = [...read(`assembly/kernels/${file}.ts`).matchAll(/^export function (\w+)/gm)].map(
      (m) => m[1],
    );
    // A family of a common stem has no member of the bare name: f32_resize_triangle_x, _y.
    assert.ok(
      symbols.some((s) => s === file || s.startsWith(`${file}_`)),
      `${file}: exports ${symbols}`,
    );
    assert.ok(existsSync(resolve(ROOT, `test/kernels/${file}.test.ts`)), `test/kernels/${file}.test.ts`);
    assert.ok(Object.hasOwn(KERNELS, file), `no benchmark of ${file} in src/bench`);
    assert.ok(page.includes(`| \`${file}\` |`), `docs/kernels.md: no line for ${file}`);
  }
  assert.equal(Object.keys(KERNELS).sort(), [...files].sort());
});

test('every benchmark computes the same bits in simd and scalar, and something', async () => {
  const engines = [await init({ build: 'simd' }), await init({ build: 'scalar' })];
  for (const [name, { prepare, flop, bytes }] of Object.entries(KERNELS)) {
    const [simd, scalar] = engines.map((engine) => {
      const core = engine.acquire();
      const { run, output } = prepare(core);
      run();
      const result = Float32Array.from(output());
      core.dispose();
      return result;
    });
    assert.ok(filled(simd).every(Number.isFinite), `${name}: finite`);
    assert.ok(new Set(simd).size > 1 || simd.length === 1, `${name}: more than one value`);
    assert.ok(Buffer.from(simd.buffer).equals(Buffer.from(scalar.buffer)), `${name}: simd = scalar`);
    assert.is((flop ?? 0) > 0, bytes === undefined, `${name}: operations or bytes`);
  }
});

test.run();
