// node scripts/shuffle.mjs [--built] [--images DIR --model MODEL] [--seeds N]: is shuffling over shards as good as a full shuffle?
// A store that is larger than memory is trained on in groups of shards, the shards of each in a random order, all vectors of
// a group permuted (src/vectors/batches.ts). Here the worst case, small: photographs in order of their look, as data sets come
// sorted by class; shards of four photographs; a group holds `--share` of all shards (of 10^8 vectors of 96 values it is a
// hundredth). FVU on held-out photographs, beside a full shuffle of several seeds, and beside no shuffle at all.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';

const { values } = parseArgs({
  options: {
    built: { type: 'boolean', default: false },
    images: { type: 'string', default: '../shared/data/images' },
    model: { type: 'string', default: '../shared/data/googlenet/googlenet.safetensors' },
    seeds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '1000' },
    store: { type: 'string', default: 'out/shuffle' },
  },
});
if (!values.built) await build();
const { init, trainSae, LoadedSae, evaluate, activations } = await import('../dist/src/node.js');
const { Batches } = await import('../dist/src/vectors/batches.js');
const { nodeStorage } = await import('../dist/src/formats/storage.node.js');
const { openStore, storeVectors } = await import('../dist/src/vectors/store.js');

const engine = await init({ workers: 2 });
const EACH = 250;
const { store } = await activations({
  ...{ engine, model: values.model, images: values.images, tap: 'mixed3b_5x5' },
  ...{ perImage: EACH, reference: 1, out: values.store },
});
const opened = await openStore(nodeStorage(store));
const d = opened.manifest.dIn;

async function rowsOf(split) {
  const source = storeVectors(opened.storage, opened.manifest, split);
  const parts = [];
  for (let s = 0; s < source.shards.length; s++) parts.push(await source.load(s));
  const out = new Float32Array(source.count * d);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Photographs in order of the first principal component of their mean vectors: neighbours look alike. */
function sortedPhotographs(x) {
  const n = x.length / d / EACH;
  const means = Array.from({ length: n }, (_, p) => {
    const mean = new Float64Array(d);
    for (let i = p * EACH; i < (p + 1) * EACH; i++)
      for (let j = 0; j < d; j++) mean[j] += x[i * d + j] / EACH;
    return mean;
  });
  const centre = new Float64Array(d);
  for (const m of means) for (let j = 0; j < d; j++) centre[j] += m[j] / n;
  const along = (m, axis) => m.reduce((s, v, j) => s + (v - centre[j]) * axis[j], 0);
  let axis = new Float64Array(d).fill(1);
  for (let round = 0; round < 100; round++) {
    const next = new Float64Array(d);
    for (const m of means) {
      const a = along(m, axis);
      for (let j = 0; j < d; j++) next[j] += a * (m[j] - centre[j]);
    }
    const length = Math.sqrt(next.reduce((s, v) => s + v * v, 0));
    axis = next.map((v) => v / length);
  }
  const order = means.map((m, p) => [along(m, axis), p]).sort((a, b) => a[0] - b[0]);
  const out = new Float32Array(x.length);
  for (const [i, [, p]] of order.entries())
    out.set(x.subarray(p * EACH * d, (p + 1) * EACH * d), i * EACH * d);
  return out;
}

const rows = sortedPhotographs(await rowsOf('train'));
const PER_SHARD = 4 * EACH;
const count = rows.length / d;
const shards = Array.from({ length: Math.ceil(count / PER_SHARD) }, (_, s) =>
  Math.min(PER_SHARD, count - s * PER_SHARD),
);
const source = {
  ...{ d, count, hash: 'sorted', split: 'train', shards },
  load: async (s) => rows.slice(s * PER_SHARD * d, (s * PER_SHARD + shards[s]) * d),
};
const heldout = storeVectors(opened.storage, opened.manifest, 'heldout');

const read = Batches.prototype.read;
/** Runs `train` with batches from somewhere else. */
async function withBatches(other, train) {
  Batches.prototype.read = other;
  try {
    return await train();
  } finally {
    Batches.prototype.read = read;
  }
}

const BATCH = 512;
const inOrder = (step, row) => {
  for (let i = 0; i < BATCH; i++) {
    const r = (step * BATCH + i) % count;
    row(i, rows.subarray(r * d, (r + 1) * d));
  }
};
/** Groups of `group` units of `unit` consecutive vectors each, the units in a random order, all vectors of a group permuted. */
const grouped = (unit, group, seed) => {
  const units = Array.from({ length: Math.ceil(count / unit) }, (_, s) => Math.min(unit, count - s * unit));
  const cut = {
    ...source,
    shards: units,
    load: async (s) => rows.slice(s * unit * d, (s * unit + units[s]) * d),
  };
  const batches = new Batches(cut, BATCH, seed, group * unit);
  return (step, row) => read.call(batches, step, row);
};
const ORDERS = {
  'full shuffle': () => undefined,
  'groups of 89 shards': (seed) => grouped(EACH, 89, seed),
  'groups of 18 shards': (seed) => grouped(PER_SHARD, 18, seed),
  'groups of 18 shards, in blocks': (seed) => grouped(PER_SHARD / 50, 900, seed),
  'no shuffle': () => async (step, row) => inOrder(step, row),
};
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i);
console.log(`${count} vectors of ${d} in ${shards.length} shards, ${values.steps} steps of ${BATCH}`);
for (const arch of [
  { architecture: 'topk', k: 16 },
  { architecture: 'batchtopk', k: 16 },
]) {
  for (const [name, order] of Object.entries(ORDERS)) {
    const found = [];
    for (const seed of seeds) {
      const options = { ...arch, dSae: 384, batch: BATCH, steps: Number(values.steps), seed };
      const train = () => trainSae(engine, source, options);
      const other = order(seed);
      const { config, tensors } = other ? await withBatches(other, train) : await train();
      const sae = new LoadedSae(engine, config, tensors);
      found.push(await evaluate(sae, heldout));
      sae.dispose();
    }
    const stat = (key) => {
      const v = found.map((f) => f[key]);
      const mean = v.reduce((a, b) => a + b, 0) / v.length;
      const sd = Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, v.length - 1));
      return `${mean.toFixed(5)} +- ${sd.toFixed(5)}`;
    };
    console.log(
      `${arch.architecture}  ${name.padEnd(30)} FVU ${stat('fvu')}  L0 ${stat('l0')}  dead ${stat('deadFraction')}`,
    );
  }
}
engine.dispose();
rmSync(values.store, { recursive: true, force: true });
