// Steering over many queries where the truth is planted: the feature is carried more, random directions carry it no more.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, NearestIndex } from '../../../src/index.js';
import { evaluateSteering } from '../../../src/study/search/evaluate.js';
import { matrixRows } from '../../../src/vectors/matrix.js';
import { filled } from '../../support/filled.js';
import { axesDocuments, axesSae } from '../../support/planted-sae.js';

const test = suite('study/search/evaluate');
const engine = await init();
const [n, d] = [4000, 48];
const { data, axes } = axesDocuments(n, d, 4, 1);
const matrix = matrixRows({ label: 'documents', hash: '', shape: [n, d], data });
const sae = axesSae(engine, d, 4);
const index = await NearestIndex.of(engine, matrix);
const categories = axes.map((own) => own.map((axis) => `c${axis}`));
const question = {
  queries: Array.from({ length: 40 }, (_, i) => 97 * i),
  methods: ['direction', 'clamp', 'optimise'] as const,
  levels: [0.5, 1, 2],
  categories,
  seed: 3,
};

test('steered lists carry the feature and its category, the removed one no more; random directions do not', async () => {
  const report = await evaluateSteering(engine.math, index, matrix, sae, question);
  assert.is(report.queries, 40);
  assert.equal(
    report.rows.map(({ method, level }) => `${method} ${level}`),
    question.methods.flatMap((method) => question.levels.map((level) => `${method} ${level}`)),
  );
  for (const { method, level, fidelity, before, after, random } of filled(report.rows)) {
    assert.ok(fidelity < 1 && fidelity > 0.2, `${method} ${level}: ${fidelity}`);
    if (level < 2) continue;
    assert.ok(after.feature > 0.9, `${method}: ${after.feature}`);
    assert.ok(
      random.feature < 0.4 && before.feature < 0.2,
      `${method}: ${random.feature}, ${before.feature}`,
    );
    // Category c_i is given to just the documents of axis i.
    assert.is(after.category, after.feature);
    assert.ok(after.removed! < 0.3 * before.removed!, `${method}: ${after.removed}, ${before.removed}`);
  }
  const again = await evaluateSteering(engine.math, index, matrix, sae, question);
  assert.equal(again, report);
});

test('the same wish for every query; without categories none is measured', async () => {
  const { rows } = await evaluateSteering(engine.math, index, matrix, sae, {
    ...{ ...question, categories: undefined, methods: ['direction'], levels: [2] },
    wishes: [{ feature: 7, value: 1, relative: true }],
  });
  assert.is(rows.length, 1);
  assert.ok(rows[0].after.feature > 0.9);
  assert.equal([rows[0].after.category, rows[0].after.removed, rows[0].random.category], [null, null, null]);
});

test.run();
