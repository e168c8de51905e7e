import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeBench } from '../../src/bench/report.js';
import type { BenchResult, Row } from '../../src/bench/types.js';
import { filled } from '../support/filled.js';

const test = suite('bench/report');
const HOSTILE = `</style><script>alert(1)</script>"onload='x'`;

const row = (work: string, impl: string, fields: Partial<Row> = {}): Row => ({
  ...{ work, impl, version: '1', build: 'simd', threads: 1, batch: 1 },
  ...{ bestMs: 2, medianMs: 2.5, speedOfOurs: 1 },
  ...fields,
});

const example = (): BenchResult => ({
  version: '0.0.0',
  machine: { cpu: HOSTILE, cores: 2, runtime: 'Node v20', date: '2026-11-26T06:00:00.000Z' },
  rows: [
    row('stem, batch 1', 'curvesae'),
    row('stem, batch 1', 'onnxruntime-web', { bestMs: 8, speedOfOurs: 4 }),
    row('f32_relu: 28x28', 'curvesae'),
    row('f32_relu: 28x28', 'curvesae', { build: 'scalar', bestMs: 6, speedOfOurs: 3 }),
    row('f32_gemm_4x8: small', 'curvesae'),
    row('f32_peak_12: turns', 'curvesae'),
    row('gemm 16x192', 'curvesae'),
    row('gemm 16x192', 'register loop', { bestMs: 1.9, speedOfOurs: 0.95 }),
    row('stem, image 96x96', 'curvesae'),
    row('stem, image 128x128', 'curvesae'),
    row('workers: images', 'curvesae'),
    row('workers: images', 'curvesae', { threads: 2, bestMs: 1.2 }),
    row('workers: images', 'register loops'),
    row('workers: images', 'register loops', { threads: 2, bestMs: 1.1 }),
  ],
  about: {
    'stem, batch 1': { group: 'stem' },
    'f32_relu: 28x28': { group: 'kernels', kernel: 'f32_relu', bytes: 2e6 },
    'f32_gemm_4x8: small': { group: 'kernels', kernel: 'f32_gemm_4x8', flop: 8e7 },
    'f32_peak_12: turns': { group: 'kernels', kernel: 'f32_peak_12', flop: 1e8 },
    'gemm 16x192': { group: 'gemm', flop: 9e7 },
    'stem, image 96x96': {
      group: 'sizes',
      series: { name: 'stem, image side', axis: 'pixels a side', at: 96, units: 9216, unit: 'pixel' },
    },
    'stem, image 128x128': {
      group: 'sizes',
      series: { name: 'stem, image side', axis: 'pixels a side', at: 128, units: 16384, unit: 'pixel' },
    },
    'workers: images': { group: 'workers' },
  },
  peak: { simd: 50 },
  memory: [{ what: 'stem', bytes: 2 << 20, limit: 1 << 20 }],
  scaling: [{ work: 'workers: images', threads: 2, speedup: 1.67, ceiling: 1.82, efficiency: 0.92 }],
});

test('every part of the result is drawn: ratios, rates, shares of the ceiling, curves, memory', async () => {
  const page = await writeBench(example(), 'npm run bench');
  assert.match(page, '8.00 ms · 4.00×');
  assert.match(page, '40.0 · 80 % of its peak');
  assert.match(page, '45.0 · 95 % of the loop');
  assert.match(page, /f32_relu: 1\.0|1\.0<\/text>/);
  assert.match(page, 'ns per pixel');
  assert.match(page, '<td>1.67×</td><td>1.82×</td><td>0.92</td>');
  assert.match(page, '<td class="bad">2.0</td><td>1.0</td>');
  assert.match(page, 'has 4.00 times the speed of onnxruntime-web here.');
  for (const r of filled(example().rows)) assert.ok(page.includes(`<td>${r.work}</td>`), r.work);
  assert.not.match(page, /NaN|Infinity|undefined/);
});

test('the page states the hash of its style sheet, asks for nothing, and escapes what it shows', async () => {
  const page = await writeBench(example(), HOSTILE);
  assert.not.match(page, '<script');
  assert.match(page, '&lt;script&gt;');
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1];
  const hash = createHash('sha256').update(style).digest('base64');
  assert.ok(page.replaceAll('&#39;', "'").includes(`default-src 'none'; style-src 'sha256-${hash}'`));
  assert.not.match(page, / style=| src=| href=|url\(/);
});

test('parts that were not measured leave no empty section', async () => {
  const result = example();
  result.rows = result.rows.slice(2, 4);
  Object.assign(result, { peak: {}, memory: [], scaling: [] });
  const page = await writeBench(result, 'x');
  assert.match(page, 'no peer took part');
  assert.equal(
    [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map((m) => m[1]),
    [...["Kernels against the engine's ceiling", 'Repeat it']],
  );
});

test.run();
