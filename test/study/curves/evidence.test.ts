// What is asked of a curve feature, on layers made by hand.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, studyCurves } from '../../../src/index.js';
import { answers, foundAgain, noveltyAgainst, standing } from '../../../src/study/curves/evidence.js';
import { firingOf } from '../../../src/study/curves/statistics.js';
import { CONFIRMED } from '../../support/curve-results.js';
import { filled } from '../../support/filled.js';

const test = suite('study/curves/evidence');
const { math } = await init();
/** A bump of that full width at half maximum. */
const bump = (deg: number, width = 40): Float32Array =>
  Float32Array.from({ length: 720 }, (_, i) =>
    Math.max(0, 1 - Math.abs(((i / 2 - deg + 540) % 360) - 180) / width),
  );
const population = (curves: Float32Array[], fires: number[], prefix: string) => ({
  ...{ curves, names: curves.map((_, i) => `${prefix}${i}`) },
  statistics: {
    percentile999: new Float32Array(curves.length).fill(1),
    density: Float32Array.from(fires, (n) => n / 10_000),
    vectors: 10_000,
  },
});

test('each question has its bound', () => {
  const no = (change: Partial<typeof CONFIRMED>, question: string): void => {
    const asked = answers({ ...CONFIRMED, ...change });
    assert.equal(
      Object.entries(asked).filter(([, answer]) => answer !== true),
      [[question, false]],
    );
    assert.is(standing({ ...CONFIRMED, ...change }), 'refuted');
  };
  no({ fires: 19 }, 'fires');
  no({ novel: false }, 'novel');
  no({ seeds: '1/3' }, 'seeds');
  no({ natural: { errorDeg: 20.1, resultant: 0.9, places: 50 } }, 'natural');
  no({ line: 1 }, 'line');
  const at = { ...CONFIRMED, fires: 20, seeds: '2/3', natural: { errorDeg: 20, resultant: 0, places: 10 } };
  assert.is(standing(at), 'confirmed');
  assert.is(standing({ ...at, natural: null }), 'open');
  assert.is(standing({ ...at, natural: null, line: 2 }), 'refuted');
});

test('a copy, and a direction turned as the neuron nearest to it, are not new', () => {
  // The second neuron's curve is too wide for the criterion; it is measured all the same.
  const novelty = noveltyAgainst(math, [bump(40), bump(200, 120)]);
  const of = (row: number[], deg: number) => novelty(Float32Array.from(row), deg);
  assert.equal(of([0.99, 0.1], 90), { novel: false, neuron: 0, neuronDeg: of([1, 0], 0).neuronDeg });
  assert.ok(of([0.7, 0.6], 60).novel);
  assert.not.ok(of([0.7, 0.6], 45).novel, 'turned as neuron 0');
  assert.not.ok(of([0.5, -0.8], 205).novel, 'turned as neuron 1');
  assert.ok(of([0.5, -0.8], 45).novel, 'turned as the other one');
});

test('found again: the feature itself and the seeds that have it', () => {
  const others = [Float32Array.of(0.95, 0.3), Float32Array.of(0.89, 0.91)];
  assert.is(foundAgain(others, 0), '2/3');
  assert.is(foundAgain(others, 1), '2/3');
  assert.is(foundAgain(others.slice(1), 0), '1/2');
  assert.is(foundAgain([], 0), null);
});

test('only novel features fill gaps, and what photographs do not fire is no detector', () => {
  const neurons = population(
    [0, 35, 70, 180, 215, 250, 285, 320].map((d) => bump(d)),
    new Array(8).fill(500),
    'n',
  );
  const row = (...entries: [number, number][]) => {
    const out = new Float32Array(8);
    for (const [n, w] of entries) out[n] = w;
    return out;
  };
  const decoder = new Float32Array(3 * 8);
  decoder.set(row([2, 1], [3, 0.05]), 0); // a copy, though it lies in the gap
  decoder.set(row([2, 0.7], [3, 0.7]), 8);
  decoder.set(row([2, 0.7], [3, 0.7]), 16); // never fires
  const study = studyCurves({
    ...{ math, neurons },
    features: { ...population([bump(125), bump(126), bump(127)], [500, 500, 3], 'f'), decoder },
  });
  assert.equal(
    study.features!.detectors.map((d) => [d.unit, d.evidence!.novel, d.evidence!.fires]),
    [
      ['f0', false, 500],
      ['f1', true, 500],
    ],
  );
  assert.equal(study.filledGaps, [{ fromDeg: 70, toDeg: 180, features: ['f1'] }]);
  const { evidence } = study.features!.detectors[1];
  assert.equal(
    [evidence!.seeds, evidence!.natural, evidence!.line, evidence!.standing],
    [null, null, null, 'open'],
  );
  assert.is(evidence!.nearest.unit, 'n2');
  assert.ok(
    filled(study.neurons.detectors).every((d) => d.line === undefined),
    'not measured',
  );
  const lines = Float32Array.from(neurons.names, (_, i) => i / 4);
  const measured = studyCurves({ math, neurons: { ...neurons, lines } });
  assert.equal(
    filled(measured.neurons.detectors).map((d) => d.line),
    measured.neurons.detectors.map((d) => lines[neurons.names.indexOf(d.unit)]),
  );
});

test('never, rarely, often: how many of how many vectors', () => {
  const { statistics } = population(
    [0, 0, 0, 0].map((d) => bump(d)),
    [0, 1, 19, 20],
    'f',
  );
  assert.equal(firingOf(statistics), { vectors: 10_000, never: 1, rare: 2, alive: 1 });
});

test.run();
