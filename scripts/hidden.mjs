// The positive control of docs/results/hidden.md: neurons of a real network hidden by a known matrix, SAEs that
// never saw them, and whether these find them again.
//   node scripts/hidden.mjs --model WEIGHTS --images DIR --out FOLDER [--activations STORE] [--workers N]
// FOLDER/hidden.md gets the tables, FOLDER/hidden.svg the picture; repeating the command reuses what is finished.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  activations,
  curves,
  evaluate,
  hide,
  hidingMatrix,
  init,
  openSae,
  recovery,
  sweep,
} from '../dist/src/node.js';
import { few } from '../dist/src/study/curves/control-text.js';
import { foundBy } from '../dist/src/study/curves/evidence.js';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from './fs.mjs';
import { markdownTable, petalsPicture } from './petals.mjs';

/** Between two pictures' left edges. */
const TAP = 'mixed3b_5x5';
const NEURONS = 96;
const HIDINGS = [
  { name: 'rotate96', how: { rotate: true }, hiding: { kind: 'rotate', width: NEURONS, seed: 0 } },
  { name: 'project48', how: { project: 48 }, hiding: { kind: 'project', width: 48, seed: 0 } },
  { name: 'project32', how: { project: 32 }, hiding: { kind: 'project', width: 32, seed: 0 } },
];
const WIDTHS = [192, 384];
const TRAINING = { archs: ['topk', 'batchtopk', 'gated', 'relu'], k: 4, l1: 2, steps: 1500, seed: 0 };
/** Curve studies, of SAEs 384 wide; the picture is of the first. */
const STUDIES = [
  ['rotate96', 'batchtopk'],
  ['rotate96', 'topk'],
  ['project48', 'topk'],
  ['project32', 'topk'],
];

const { values } = parseArgs({
  options: Object.fromEntries(
    ['model', 'images', 'out', 'activations', 'workers'].map((name) => [name, { type: 'string' }]),
  ),
});
const { model, images, out } = values;
if (!model || !images || !out) throw new Error('needs --model, --images and --out');
const engine = await init({ workers: values.workers && Number(values.workers) });
mkdirSync(out, { recursive: true });

/** What `make` gives, kept in a file. */
async function kept(name, make) {
  const file = join(out, `${name}.json`);
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(await make()));
  return JSON.parse(readFileSync(file, 'utf8'));
}

const store =
  values.activations ??
  (
    await activations({
      ...{ engine, model, images, tap: TAP, perImage: 784 },
      out: join(out, 'activations'),
    })
  ).store;
const own = await kept('curves-neurons', () => curves({ engine, model, images, tap: TAP }));
const units = own.neurons.detectors.map(({ unit }) => unit);
const only = units.map((unit) => Number(unit.split(':')[1]));

/** Found neurons of a hidden store by every SAE of one width; its hidden store and its SAEs. */
async function found({ name, how, hiding }, dSae) {
  const hidden = (await hide({ engine, activations: store, ...how, out: join(out, 'hidden', name) })).store;
  const folder = join(out, 'sweeps', `${name}-${dSae}`);
  const { rows } = await sweep({ engine, activations: hidden, ...TRAINING, dSae, out: folder });
  const truth = { count: NEURONS, data: hidingMatrix(engine.math, NEURONS, hiding) };
  const saes = [];
  for (const { architecture, folder: own, l0, fvu } of rows) {
    const path = join(folder, 'saes', own);
    const sae = await openSae(path, { engine });
    const dictionary = { count: dSae, data: sae.tensors.W_dec.data };
    const of = (options) => recovery(engine, truth, dictionary, hiding.width, options);
    saes.push({ architecture, path, l0, fvu, all: of({}), curves: of({ only }) });
    sae.dispose();
  }
  return { hidden, saes };
}

const cell = ({ recovered, meanMaxCosine }, curveUnits) =>
  `${recovered} (${meanMaxCosine.toFixed(2)}), ${curveUnits.recovered}`;

const main = [['hidden by', 'width', ...TRAINING.archs]];
const rates = [['hidden by', 'width', ...TRAINING.archs]];
const others = [['hidden by', '384 random directions', 'PCA', 'ICA', 'k-means, 384 centres']];
const saesOf = new Map();
for (const hiding of HIDINGS)
  for (const dSae of WIDTHS) {
    const { hidden, saes } = await found(hiding, dSae);
    main.push([hiding.name, dSae, ...saes.map(({ all, curves }) => cell(all, curves))]);
    rates.push([hiding.name, dSae, ...saes.map(({ l0, fvu }) => `${l0.toFixed(1)}, ${fvu.toFixed(3)}`)]);
    saesOf.set(hiding.name, saes);
    if (dSae !== WIDTHS.at(-1)) continue;
    const { truth } = await kept(`eval-${hiding.name}`, () =>
      evaluate({ engine, sae: saes[0].path, activations: hidden, truth: 'store', units }),
    );
    const { random, pca, ica, kmeans } = truth.baselines;
    others.push([hiding.name, ...[random, pca, ica, kmeans].map((b) => cell(b, b.units))]);
  }

const studies = [
  [
    ...['hidden by', 'SAE', 'axes left that pass, of how many; random directions as rare'],
    ...['curve features; random directions, p', 'photographs agree with; random directions, p'],
    ...['hidden curve neurons', 'decoder points to', 'a feature shows'],
  ],
];
let picture;
for (const [name, architecture] of STUDIES) {
  const { path } = saesOf.get(name).find((sae) => sae.architecture === architecture);
  const study = await kept(`curves-${name}-${architecture}`, () =>
    curves({ engine, model, images, tap: TAP, sae: path, controls: 'random' }),
  );
  const { truth, neurons, features, controls } = study;
  const { random } = controls;
  const { axes } = truth;
  studies.push([
    ...[name, architecture],
    `${neurons.count} of ${axes.of}; ${few(axes.detectors.mean)} (p = ${few(axes.p)})`,
    `${features.count}; ${few(random.detectors.mean)} (p = ${few(random.p)})`,
    `${foundBy(study).agreeing}; ${few(random.agreeing.mean)} (p = ${few(random.pAgreeing)})`,
    ...[truth.neurons.count, truth.curves.recovered, truth.shown],
  ]);
  picture ??= petals(study);
}

/** Axes, features and hidden neurons side by side. */
function petals({ neurons, features, truth, tuning }) {
  const panel = (title, detectors, kind) => ({
    title,
    petals: detectors.map(({ unit, orientationDeg }) => ({
      unit,
      orientationDeg,
      kind,
      curve: tuning[unit],
    })),
  });
  const counts = [neurons, features, truth.neurons].map(({ count }) => count);
  return petalsPicture(
    `Curve detectors: ${counts[0]} of the axes that are left, ${counts[1]} features, ${counts[2]} hidden neurons`,
    [
      [
        panel(
          `Axes that are left: ${neurons.count}, as chance gives ${few(truth.axes.detectors.mean)}`,
          ...[neurons.detectors, 'neuron'],
        ),
        panel(`Features: ${features.count}`, features.detectors, 'feature'),
        panel(`The hidden neurons: ${truth.neurons.count}`, truth.neurons.detectors, 'neuron'),
      ],
    ],
  );
}

writeFileSync(join(out, 'hidden.svg'), picture);
writeFileSync(
  join(out, 'hidden.md'),
  [main, rates, others, studies].map(markdownTable).join('\n\n').concat('\n'),
);
