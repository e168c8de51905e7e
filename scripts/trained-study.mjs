// The study of docs/results/trained.md: a network trained here from a seed, the units that it has for curves, and whether an SAE
// finds them again when they are hidden; beside the network as it was before training, one trained on classes of chance, and
// random directions.
//   npm run trained -- --out FOLDER [--workers N] [--ship] [--only train,shuffled,curves,taxonomy,hidden]
// FOLDER/trained.md gets the tables, FOLDER/*.svg the pictures; repeating the command goes on, and reuses what is finished.
// --ship writes models/trained/trained-weights.ts from FOLDER/trained; build again, and what follows studies those weights.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeModel } from '../dist/models/convert.js';
import { stemDescription } from '../dist/models/stem.js';
import { toHalves } from '../dist/src/formats/dtypes.js';
import { flatLayout, flattened } from '../dist/src/network/training/flat.js';
import { untrained } from '../dist/src/network/training/initial.js';
import * as node from '../dist/src/node.js';
import { drawNetworkTraining } from '../dist/src/report/network-training.js';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from './fs.mjs';
import { markdownTable, petalsPicture } from './petals.mjs';

const TAPS = ['conv2d2', 'mixed3a', 'mixed3b', 'mixed3b_5x5'];
const TAP = 'mixed3b_5x5';
const IMAGES = 'procedural:400';
/** There is nothing to learn from classes of chance: a third of the steps shows it. */
const SHUFFLED_STEPS = 500;
const STEPS = ['train', 'shuffled', 'curves', 'taxonomy', 'hidden'];

const { values } = parseArgs({
  options: {
    ...{ out: { type: 'string' }, workers: { type: 'string' } },
    ...{ ship: { type: 'boolean' }, only: { type: 'string' } },
  },
});
const { out } = values;
if (!out) throw new Error('needs --out');
const only = values.only?.split(',') ?? STEPS;
const engine = await node.init({ workers: values.workers && Number(values.workers) });
mkdirSync(out, { recursive: true });
const quiet = { engine, warn: (message) => console.error(message) };
let told = 0;
const onProgress = (p) => {
  if (p.event !== 'update' || performance.now() - told < 10_000) return;
  told = performance.now();
  console.error(`${p.stage} ${p.done}/${p.total} ${p.detail}`);
};

/** What `make` gives, kept in a file. */
async function kept(name, make) {
  const file = join(out, `${name}.json`);
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(await make()));
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function ship(file, { sha256, options, classes }) {
  const model = await node.openModel(file);
  const layout = flatLayout(model.description);
  const halves = toHalves(flattened(layout, model.parameters));
  const last = layout.slots[layout.slots.length - 1];
  const bytes = Buffer.from(halves.buffer, 0, 2 * (last.start + last.length));
  const { seed, steps, batch, lr } = options;
  writeFileSync(
    'models/trained/trained-weights.ts',
    `// Written by scripts/trained-study.mjs --ship: the parameters of the network that \`curvesae model train\` makes with its defaults
// (seed ${seed}, ${steps} steps of ${batch}, lr ${lr}; sha256 of its file ${sha256.slice(0, 16)}...), as halves in a row (network/training/flat.ts).

/** In the order of the logits. */
export const CLASSES = ${JSON.stringify(classes)};

/** Base64 of IEEE binary16, little-endian. */
export const WEIGHTS =
  '${bytes.toString('base64')}';
`,
  );
}

const lines = [];
const trained = join(out, 'trained');
const shuffled = join(out, 'shuffled');
const weightsOf = (folder) => join(folder, 'stem.safetensors');
const before = join(out, 'untrained.safetensors');
writeFileSync(
  before,
  encodeModel({
    ...untrained(engine.math, stemDescription(node.SHAPE_CLASSES.length), 0),
    name: 'untrained',
  }),
);
const logs = [];
for (const [name, folder] of [
  ['train', trained],
  ['shuffled', shuffled],
])
  if (only.includes(name)) {
    const control = name === 'shuffled' && { shuffleLabels: true, steps: SHUFFLED_STEPS };
    await node.model.train({ ...quiet, onProgress, ...control, out: folder });
    const record = JSON.parse(readFileSync(join(folder, 'training.json'), 'utf8'));
    logs.push({ name: name === 'train' ? 'classes' : 'classes of chance', ...record });
    if (name === 'train' && values.ship) await ship(weightsOf(folder), record);
    const { heldOut, seconds } = record;
    lines.push(
      `${name}: ${heldOut.accuracy.toFixed(3)} of ${heldOut.count} held-out pictures right, chance ${heldOut.chance.toFixed(3)}, loss ${heldOut.loss.toFixed(3)}; ${seconds.toFixed(0)} s`,
      markdownTable([
        ['class', 'right', 'of', 'most often taken for'],
        ...heldOut.classes.map((c) => [c.class, c.right, c.count, c.mistakenFor ?? '']),
      ]),
    );
  }
if (logs.length) writeFileSync(join(out, 'training.svg'), drawNetworkTraining(logs));

const networks = [
  ['trained', 'trained'],
  ['before training', before],
  ['classes of chance', weightsOf(shuffled)],
].filter(([, model]) => model === 'trained' || existsSync(model));

if (only.includes('curves')) {
  const rows = [['network', ...TAPS]];
  for (const [name, model] of networks) {
    const cells = [];
    for (const tap of TAPS) {
      const { neurons } = await kept(`curves-${name.replaceAll(' ', '-')}-${tap}`, () =>
        node.curves({ ...quiet, onProgress, model, tap, images: IMAGES }),
      );
      const width = (await node.model.info({ ...quiet, model })).widths[tap];
      cells.push(
        `${neurons.count} of ${width}${neurons.count ? `, gap ${neurons.largestGapDeg.toFixed(0)}` : ''}`,
      );
    }
    rows.push([name, ...cells]);
  }
  lines.push(markdownTable(rows));
}

if (only.includes('taxonomy')) {
  const rows = [];
  for (const [name, model] of networks) {
    const { families } = await kept(`taxonomy-${name.replaceAll(' ', '-')}`, () =>
      node.taxonomy({
        ...{ ...quiet, onProgress, model, tap: TAP, images: IMAGES, noMap: true },
        out: join(out, `taxonomy-${name.replaceAll(' ', '-')}`),
      }),
    );
    rows.push([name, families]);
  }
  lines.push(`families ${JSON.stringify(rows)}`);
}

if (only.includes('hidden')) {
  const own = await kept(`curves-trained-${TAP}`, () =>
    node.curves({ ...quiet, onProgress, model: 'trained', tap: TAP, images: IMAGES }),
  );
  const units = own.neurons.detectors.map(({ unit }) => Number(unit.split(':')[1]));
  const { store } = await node.activations({
    ...{ ...quiet, onProgress, model: 'trained', tap: TAP, images: IMAGES, perImage: 144 },
    out: join(out, 'activations'),
  });
  const hidden = (await node.hide({ ...quiet, activations: store, rotate: true, out: join(out, 'hidden') }))
    .store;
  const sae = join(out, 'sae');
  await node.train({
    ...{ ...quiet, onProgress, activations: hidden, arch: 'batchtopk', k: 4, dSae: 192, out: sae },
  });
  const found = await kept('hidden', () =>
    node.evaluate({ ...quiet, sae, activations: hidden, truth: 'store', units: units.map(String) }),
  );
  const study = await kept('curves-hidden', () =>
    node.curves({
      ...quiet,
      onProgress,
      model: 'trained',
      tap: TAP,
      images: IMAGES,
      sae,
      controls: ['random'],
    }),
  );
  const { truth, features, neurons } = study;
  lines.push(`hidden ${JSON.stringify({ ...found, truth: { ...truth, neurons: undefined } })}`);
  const petals = ({ detectors }, kind) =>
    detectors.map(({ unit, orientationDeg }) => ({ unit, orientationDeg, kind, curve: study.tuning[unit] }));
  writeFileSync(
    join(out, 'hidden.svg'),
    petalsPicture(
      `The axes that are left show ${neurons.count} curve detectors, features ${features.count}, the hidden neurons ${truth.neurons.count}`,
      [
        [
          { title: 'axes of the hidden store', petals: petals(neurons, 'neuron') },
          { title: 'features', petals: petals(features, 'feature') },
          { title: 'the hidden neurons', petals: petals(truth.neurons, 'neuron') },
        ],
      ],
    ),
  );
}
writeFileSync(join(out, 'trained.md'), `${lines.join('\n\n')}\n`);
console.log(lines.join('\n\n'));
engine.dispose();
