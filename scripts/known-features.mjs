// The table of docs/results/known-features.md: which architecture finds features that are known, each at its best
// lambda or k.
//   node scripts/known-features.mjs --out FOLDER
// FOLDER/known-features.md gets the tables; repeating the command reuses what is finished.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluate, init, sweep, synth } from '../dist/src/node.js';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from './fs.mjs';
import { markdownTable } from './petals.mjs';

const FEATURES = 128;
const MADE = { features: FEATURES, dIn: 64, vectors: 65536, active: 4, seed: 0 };
const SETS = [
  ['plain', {}],
  ['zipf', { zipf: 1 }],
  ['correlated', { correlation: 0.5 }],
  ['hierarchical', { hierarchy: 0.5 }],
];
const TRAINING = { dSae: FEATURES, steps: 3000, batch: 1024, seed: 0 };
/** Wide enough that no architecture is best at an end of its grid, or the table says so. */
const GRIDS = [
  {
    archs: ['relu', 'relu-unit', 'gated', 'jumprelu', 'panneal'],
    l1: [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4],
  },
  { archs: ['topk', 'batchtopk', 'matryoshka', 'archetypal'], k: [1, 2, 3, 4, 6, 8, 12, 16] },
  { archs: ['kmeans'], k: [1] },
];
const NOTHING = 'topk, one step';

const { out } = parseArgs({ options: { out: { type: 'string' } } }).values;
if (!out) throw new Error('needs --out');
const engine = await init();
mkdirSync(out, { recursive: true });

/** Every SAE of a set with what it finds, kept in a file. */
async function saesOf(name, knobs) {
  const file = join(out, `${name}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const set = join(out, name);
  if (!existsSync(join(set, 'vectors.safetensors'))) await synth({ engine, ...MADE, ...knobs, out: set });
  const activations = join(set, 'vectors.safetensors');
  const saes = [];
  const add = async (folder, { rows }) => {
    for (const { architecture, knob, folder: own, error } of rows) {
      if (error) throw new Error(`${name}, ${architecture} ${knob?.value}: ${error}`);
      const sae = join(folder, 'saes', own);
      const { l0, fvu, truth } = await evaluate({
        engine,
        sae,
        activations,
        truth: join(set, 'truth.safetensors'),
      });
      saes.push({ architecture, knob: knob?.value ?? null, l0, fvu, ...truth });
    }
  };
  for (const [i, grid] of GRIDS.entries()) {
    const folder = join(out, `${name}-sweep${i}`);
    await add(folder, await sweep({ engine, activations, ...TRAINING, ...grid, out: folder }));
  }
  const folder = join(out, `${name}-nothing`);
  await add(
    folder,
    await sweep({ engine, activations, ...TRAINING, archs: 'topk', k: 4, steps: 1, out: folder }),
  );
  saes.at(-1).architecture = NOTHING;
  writeFileSync(file, JSON.stringify(saes));
  return saes;
}

const short = (x, digits = 2) => x.toFixed(digits).replace(/^0\./, '.');

/** The SAE of an architecture that finds most, and whether its knob is an end of the grid. */
function best(saes, architecture) {
  const own = saes.filter((sae) => sae.architecture === architecture);
  const first = own.toSorted((a, b) => b.mcc - a.mcc)[0];
  const knobs = own.map(({ knob }) => knob).sort((a, b) => a - b);
  const end = own.length > 1 && (first.knob === knobs[0] || first.knob === knobs.at(-1));
  return { ...first, end };
}

const tables = [];
const summary = [['architecture', ...SETS.flatMap(([name]) => [`${name}: MCC`, 'unique', 'F1'])]];
const names = [...GRIDS.flatMap(({ archs }) => archs), NOTHING];
const found = new Map(names.map((name) => [name, []]));
for (const [name, knobs] of SETS) {
  const saes = await saesOf(name, knobs);
  const rows = [
    ['architecture', 'lambda or k', 'L0', 'FVU', 'MCC', 'uniqueness', 'F1', 'best F1 of its grid'],
  ];
  for (const architecture of names) {
    const { knob, end, l0, fvu, mcc, uniqueness, f1 } = best(saes, architecture);
    const bestF1 = Math.max(...saes.filter((sae) => sae.architecture === architecture).map((sae) => sae.f1));
    rows.push([
      ...[architecture, knob === null ? '' : `${knob}${end ? ' (end of the grid)' : ''}`, l0.toFixed(1)],
      ...[short(fvu, 3), short(mcc), short(uniqueness), short(f1), short(bestF1)],
    ]);
    found.get(architecture).push(short(mcc), short(uniqueness), short(f1));
  }
  tables.push(`## ${name}\n\n${markdownTable(rows)}`);
}
for (const [architecture, cells] of found) summary.push([architecture, ...cells]);
writeFileSync(join(out, 'known-features.md'), `${[markdownTable(summary), ...tables].join('\n\n')}\n`);
await engine.dispose?.();
