// The table and the pictures of docs/results/curves.md: the curve study of every tap of early vision.
//   node scripts/early-vision.mjs --model WEIGHTS --images DIR --out FOLDER [--taps TAP:K[:STEPS],...]
// FOLDER/<tap> is the run of a tap, FOLDER/curves.md gets the table, FOLDER/curves.svg the pictures; repeating the
// command reuses what is finished.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { init, measureCurve, nodeStorage, openSae, run } from '../dist/src/node.js';
import { few } from '../dist/src/study/curves/control-text.js';
import { CRITERION } from '../dist/src/study/curves/detector.js';
import { EVIDENCE, foundBy } from '../dist/src/study/curves/evidence.js';
import { firesOf } from '../dist/src/study/curves/statistics.js';
import { neuronAlignment } from '../dist/src/study/curves/study.js';
import { readCurves } from '../dist/src/study/curves/tuning-file.js';
import { writeFileSync } from './fs.mjs';
import { markdownTable, petalsPicture } from './petals.mjs';

/**
 * k: about an eighth of the dimensions, which leaves FVU at .1 or below on most of them. The whole of mixed3a takes a
 * quarter and twice the steps: FVU .100 at 1000 steps, .020 at 2000.
 */
const TAPS = [
  ...['conv2d0:8', 'conv2d1:8', 'conv2d2:23'],
  ...['mixed3a_1x1:8', 'mixed3a_3x3:15', 'mixed3a_5x5:5', 'mixed3a_pool_reduce:5', 'mixed3a:64:2000'],
  ...['mixed3b_1x1:15', 'mixed3b_3x3:23', 'mixed3b_5x5:3', 'mixed3b_pool_reduce:8', 'mixed3b:58'],
  ...['mixed4a_1x1:23', 'mixed4a_3x3:25', 'mixed4a_5x5:6', 'mixed4a_pool_reduce:8', 'mixed4a:61'],
];
const STEPS = 1000;
/** Resultant up to which two lobes are two curves, and not a curve with a shoulder. */
const DOUBLE = 0.5;

const { values } = parseArgs({
  options: Object.fromEntries(['model', 'images', 'out', 'taps'].map((name) => [name, { type: 'string' }])),
});
const { model, images, out } = values;
if (!model || !images || !out) throw new Error('needs --model, --images and --out');
const engine = await init();

const table = [
  [
    ...[
      'tap',
      'dimensions',
      'L0',
      'FVU',
      'live latents',
      'that copy a neuron',
      'curve neurons',
      'a line drives as well',
    ],
    ...[
      'curve features',
      'new',
      'random directions, p',
      'photographs agree',
      'random, p',
      'confirmed',
      'gaps filled',
      'neurons of two lobes, copied',
    ],
  ],
];
const pictures = [];
for (const [tap, k, steps = STEPS] of (values.taps?.split(',') ?? TAPS).map((name) => name.split(':'))) {
  const folder = join(out, tap);
  const result = await run({ engine, model, images, tap, k: Number(k), steps: Number(steps), out: folder });
  const measured = await readCurves(nodeStorage(join(folder, result.paths.curves)));
  const { tuning, evidence } = measured;
  const live = await liveLatents(join(folder, result.paths.sae), measured.statistics.features);
  table.push(rowOf(tap, result, { lines: evidence.lines.units, units: tuning.units }, live));
  pictures.push(panelsOf(tap, result, tuning));
}

function indexOf(unit) {
  return Number(/\d+$/.exec(unit)[0]);
}

function copies({ alignment }) {
  return alignment >= EVIDENCE.alignment;
}

/** Latents that fire often enough on photographs: their decoder rows, and the neuron nearest to each. */
async function liveLatents(folder, statistics) {
  const sae = await openSae(folder, { engine });
  const { dIn, dSae } = sae.config;
  const decoder = sae.tensors.W_dec.data;
  sae.dispose();
  return Array.from({ length: dSae }, (_, f) => f)
    .filter((f) => firesOf(statistics, f) >= CRITERION.fires)
    .map((f) => {
      const row = Array.from(decoder.subarray(f * dIn, (f + 1) * dIn), Math.abs);
      return { f, alignment: neuronAlignment(decoder, f, dIn), neuron: row.indexOf(Math.max(...row)) };
    });
}

/** How many neurons answer to two directions, and how many of these a latent copies whole. */
function doubleCurves(curves, live) {
  const doubles = curves.flatMap((curve, neuron) => {
    const { lobes, resultant } = measureCurve(engine.math, curve);
    return lobes === 2 && resultant <= DOUBLE ? [neuron] : [];
  });
  const copied = new Set(live.filter(copies).map((latent) => latent.neuron));
  return `${doubles.length}, ${doubles.filter((neuron) => copied.has(neuron)).length}`;
}

function rowOf(tap, { sae, curves, controls: { random } }, { lines, units }, live) {
  const { neurons, features, filledGaps } = curves;
  const found = foundBy(curves);
  const asStraight = neurons.detectors.filter(({ unit }) => lines[indexOf(unit)] >= 1).length;
  const confirmed = features.detectors.filter((d) => d.evidence.standing === 'confirmed').length;
  return [
    ...[
      tap,
      sae.dIn,
      sae.l0.toFixed(1),
      sae.fvu.toFixed(3),
      live.length,
      live.filter(copies).length,
      neurons.count,
      asStraight,
    ],
    ...[features.count, found.novel, random ? `${few(random.novel.mean)}, ${few(random.pNovel)}` : ''],
    ...[found.agreeing, random ? `${few(random.agreeing.mean)}, ${few(random.pAgreeing)}` : ''],
    ...[confirmed, filledGaps.length, doubleCurves(units, live)],
  ];
}

function panelsOf(tap, { curves: { neurons, features } }, tuning) {
  const panel = (title, detectors, kind, curves) => ({
    title,
    petals: detectors.map(({ unit, orientationDeg }) => ({
      ...{ unit, orientationDeg, kind },
      curve: curves[indexOf(unit)],
    })),
  });
  const novel = features.detectors.filter((d) => d.evidence.novel);
  return [
    panel(`${tap}: ${neurons.count} neurons`, neurons.detectors, 'neuron', tuning.units),
    panel(
      `features that copy no neuron: ${novel.length} of ${features.count}`,
      novel,
      'feature',
      tuning.features,
    ),
  ];
}

writeFileSync(join(out, 'curves.md'), `${markdownTable(table)}\n`);
writeFileSync(
  join(out, 'curves.svg'),
  petalsPicture('Curve neurons of every tap, and the features that copy none of them', pairs(pictures)),
);

/** Two taps a row. */
function pairs(rows) {
  return Array.from({ length: Math.ceil(rows.length / 2) }, (_, i) => rows.slice(2 * i, 2 * i + 2).flat());
}
