import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { writeSweep } from '../../src/report/sweep.js';
import { scalings } from '../../src/study/sweep/scaling.js';
import type { SweepResult, SweepRow } from '../../src/study/sweep/types.js';
import { filled } from '../support/filled.js';

const test = suite('report/sweep');
const HOSTILE = `</style><script>alert(1)</script>"onload='x'`;

const row = (architecture: string, value: number, fvu: number, gamma: number): SweepRow => ({
  name: `${architecture}-l1-${value}`,
  architecture,
  knob: { name: 'l1', value },
  dSae: 1536,
  folder: `${architecture}-l1-${value}`,
  l0: 10 / value,
  fvu,
  explainedVariance: 1 - fvu,
  gamma,
  cosine: 0.9,
  deadFraction: 0.1,
  vectors: 500,
});

const example = (): SweepResult => ({
  version: '0.0.0',
  activations: 'abc',
  dIn: 96,
  dSae: 1536,
  steps: 10,
  batch: 64,
  seed: 0,
  heldOut: true,
  vectors: 500,
  rows: [
    row('relu', 1, 0.1, 0.8),
    row('relu', 2, 0.2, 0.7),
    row('gated', 1, 0.02, 1),
    row('gated', 2, 0.05, 1.01),
  ],
  equalFidelity: [{ fvu: 0.05, l0: { relu: null, gated: 5 } }],
  scaling: [],
  pca: null,
  seconds: { train: 1 },
  report: 'sweep.html',
});

test('every SAE is a mark with a name and a row, and the front is named', async () => {
  const page = await writeSweep(example(), {}, 'curvesae sweep');
  for (const { name } of filled(example().rows)) {
    assert.ok(page.includes(`<title>${name}: `), name);
    assert.match(page, new RegExp(`<td class="(best)?">${name}</td>`));
  }
  assert.match(page, 'faithful: gated.');
  assert.match(page, '<td class="best">gated-l1-1</td>');
  assert.match(page, '<td class="">relu-l1-1</td>');
  assert.match(page, /<tr><td>0.05<\/td><td class=""><\/td><td class="best">5.0<\/td><\/tr>/);
  assert.not.match(page, 'L0 against loss recovered');
});

test('with downstream metrics there is a chart and columns; failed SAEs show their reason', async () => {
  const result = example();
  const spliced = { crossEntropy: 1, kl: 0.1, top1: 0.6, top5: 0.8, lossRecovered: 0.9, fvu: 0.1, l0: 4 };
  for (const r of result.rows) r.downstream = spliced;
  result.rows.push({ name: 'topk-k-4', architecture: 'topk', knob: null, dSae: 1536, error: HOSTILE });
  result.downstream = {
    tap: 'mixed3b',
    images: 80,
    original: { crossEntropy: 0.9, top1: 0.7, top5: 0.9 },
    zero: { crossEntropy: 2, kl: 1.1, top1: 0.3, top5: 0.5 },
  };
  const page = await writeSweep(result, {}, HOSTILE);
  assert.match(page, 'L0 against loss recovered');
  assert.match(page, '90.0 %');
  assert.not.match(page, '<script');
  assert.match(page, '&lt;/style&gt;&lt;script&gt;');
});

test('an SAE that never fires is in the table; the axes stay logarithmic without it', async () => {
  const result = example();
  const before = await writeSweep(result, {}, 'x');
  result.rows.push({ ...row('relu', 9, 1.01, 0), name: 'relu-dead', l0: 0, deadFraction: 1 });
  const page = await writeSweep(result, {}, 'x');
  assert.match(page, '<td class="">relu-dead</td>');
  assert.match(page, 'SAEs whose latents never fire (L0 0) are in the table alone');
  assert.not.match(page, '<title>relu-dead');
  const chart = (text: string) => /<svg[^>]*aria-label="L0 against FVU[\s\S]*?<\/svg>/.exec(text)![0];
  assert.is(chart(page), chart(before));
  assert.not.match(page, /NaN|Infinity|undefined/);
});

test('the page states the hash of its one style sheet and asks for nothing else', async () => {
  const page = await writeSweep(example(), {}, 'x');
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1];
  const hash = createHash('sha256').update(style).digest('base64');
  assert.ok(page.replaceAll('&#39;', "'").includes(`default-src 'none'; style-src 'sha256-${hash}'`));
  assert.not.match(page, / style=| src=| href=/);
});

test('a sweep in which nothing could be trained still has its page', async () => {
  const result = { ...example(), equalFidelity: [] };
  result.rows = [
    { name: 'relu-l1-1', architecture: 'relu', knob: null, dSae: 1536, error: 'training stopped' },
  ];
  const page = await writeSweep(result, {}, 'x');
  assert.match(page, 'No SAE of this sweep could be evaluated');
  assert.match(page, 'training stopped');
});

test('several widths: a series each, the laws, and what principal components leave', async () => {
  const rows = [1024, 2048].flatMap((dSae) =>
    [8, 16].map((k) => ({
      ...row('topk', k, 4 / (k * Math.sqrt(dSae)), 1),
      ...{ name: `topk-k-${k}-F-${dSae}`, knob: { name: 'k' as const, value: k }, dSae, l0: k },
    })),
  );
  const { math } = await init();
  const page = await writeSweep(
    {
      ...example(),
      rows,
      dSae: [1024, 2048],
      scaling: scalings(rows, math),
      pca: [{ dimensions: 8, fvu: 0.7 }],
    },
    {},
    'curvesae sweep',
  );
  for (const part of [
    '96 → 1024, 2048,',
    'topk, 1024 latents',
    'How topk scales',
    'd_sae^-0.500 · L0^-1.000',
    '<td>k 8</td><td>d_sae</td><td>-0.500</td>',
    '<title>8 principal components: ',
  ])
    assert.ok(page.includes(part), part);
  assert.not.match(await writeSweep(example(), {}, 'curvesae sweep'), 'scales');
});

test.run();
