// The naive kernels: the baseline that the fast ones are compared with must be right.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KERNELS } from '../../src/bench/kernels.js';
import { relativeError } from '../../src/bench/measure.js';
import { prepareStep } from '../../src/bench/sae-step.js';
import { createSession, init } from '../../src/index.js';
import { filled } from '../support/filled.js';
import { heModel, randomImage } from '../support/he.js';
import { KERNEL_FILES, UNTIMED } from '../support/kernels.js';
import { ROOT } from '../support/paths.js';

const test = suite('bench/naive');
const { buildNaive } = await import(pathToFileURL(resolve(ROOT, 'scripts/build-naive.mjs')).href);
buildNaive();
const naive = await init({ wasm: readFileSync(resolve(ROOT, 'dist/bench/naive.wasm')) });
const product = await init({ build: 'simd' });
const stems = (folder: string) =>
  readdirSync(resolve(ROOT, folder))
    .filter((f) => f.endsWith('.ts'))
    .map((f) => f.replace(/\.ts$/, ''))
    .sort();

test('every kernel with a benchmark has a naive form but the ceiling, with the same signatures', () => {
  assert.equal(
    stems('bench/naive'),
    KERNEL_FILES.filter((f) => f !== 'f32_peak_12' && !Object.hasOwn(UNTIMED, f)),
  );
  const signatures = (path: string) =>
    [...readFileSync(resolve(ROOT, path), 'utf8').matchAll(/^export function .*?(?= \{)/gm)].map((m) => m[0]);
  for (const file of filled(stems('bench/naive'))) {
    const own = signatures(`bench/naive/${file}.ts`);
    const theirs = signatures(`assembly/kernels/${file}.ts`);
    assert.ok(own.length > 0, file);
    for (const signature of filled(own)) assert.ok(theirs.includes(signature), `${file}: ${signature}`);
    assert.not.match(readFileSync(resolve(ROOT, `bench/naive/${file}.ts`), 'utf8'), /v128|[if]\d+x\d+/, file);
  }
});

for (const name of filled(stems('bench/naive')))
  test(`${name} agrees with the product's`, () => {
    const { prepare, tolerance = 1e-5 } = KERNELS[name];
    const [ours, plain] = [product, naive].map((engine) => {
      const core = engine.acquire();
      const { run, output } = prepare(core);
      run();
      const result = Float64Array.from(output());
      core.dispose();
      return result;
    });
    const error = relativeError(plain, ours);
    assert.ok(error <= tolerance, `${error}`);
  });

test('the stem and a training step run on it and agree', () => {
  const model = heModel('inceptionv1');
  const image = randomImage(64, 96);
  const [ours, plain] = [product, naive].map((engine) => {
    const session = createSession(engine, model, { height: 64, width: 96, taps: ['mixed3b'] });
    session.run(image);
    const values = session.tap('mixed3b');
    session.dispose();
    return values;
  });
  assert.ok(relativeError(plain, ours) < 2e-5);
  const [a, b] = [product, naive].map((engine) => {
    const { run, core } = prepareStep(engine, {
      ...{ arch: 'topk', d: 48, f: 256, batch: 64, settings: { k: 8 } },
    });
    const losses = [run(), run()];
    core.dispose();
    return losses.flatMap(({ loss, norm }) => [loss, norm]);
  });
  assert.ok(relativeError(b, a) < 1e-5, `${a} ${b}`);
});

test.run();
