// Names of folders: those of the versions before (build f649b6a), so that old stores and SAEs are found.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shortHash } from '../../src/core/hash.js';
import { curvesIdentity, saeIdentity, storeIdentity } from '../../src/pipeline/identity.js';
import { trainOptions } from '../../src/pipeline/training.js';
import { runIdentity } from '../../src/sae/identity.js';
import type { TrainOptions } from '../../src/sae/settings.js';
import { storeName } from '../../src/vectors/store.js';
import type { StoreRecipe } from '../../src/vectors/types.js';

const test = suite('pipeline/identity');

/** `curvesae run --images procedural:24 --steps 20 --batch 256 --d-sae 64 --orientations 8 --radii 30 --seed 3`. */
const WEIGHTS = '35c2d4727562c6feff0cb7dc72038d392e3fcb615fbda751aa60d1916d044c7a';
const RECIPE: StoreRecipe = {
  model: { name: 'embedded', architecture: 'inceptionv1', sha256: WEIGHTS },
  tap: 'mixed3b_5x5',
  inputSize: 224,
  images: '509897e2f4f0d1eb8bab294476270648e11517f4b42c96341293e9d8fc2cbf88',
  ...{ perImage: 128, reference: 64, sample: 'norm', excludeBorder: false, seed: 3, numerics: 'exact' },
};
const KERNELS = { build: 'simd', buildId: '1e24b13e85d18284' } as const;
const SOURCE = { d: 96, hash: '392008e38fc8a94d:train' };
const SMALL: TrainOptions = { architecture: 'topk', dSae: 64, batch: 256, steps: 20, seed: 3 };
const CURVES = {
  ...{ weights: WEIGHTS, tap: 'mixed3b_5x5', sae: '0546d45d9e042630', store: '392008e38fc8a94d' },
  curves: { radii: [30], lineWidth: 2, orientations: 8, pairing: 'centred' as const },
};

test("a run's three folders", async () => {
  assert.is(await shortHash(storeIdentity(RECIPE)), '392008e38fc8a94d');
  assert.is(await storeName(RECIPE), '392008e38fc8a94d');
  assert.is(await shortHash(saeIdentity(KERNELS, SOURCE, SMALL)), '0546d45d9e042630');
  assert.is(await shortHash(curvesIdentity(KERNELS, CURVES)), '13e057b5bafae7cc');
});

// By options: the name of the folder, and what its training.json and checkpoints call the run.
/** The defaults until 2026-11-28. */
const TOPK = { architecture: 'topk', expansion: 16 };
const RUNS: [Partial<TrainOptions> & { expansion?: number }, string, string][] = [
  [SMALL, '0546d45d9e042630', 'f6dd9ef79a3df874da647746222cfe6395d668b6c1b99c38401c844e97cdb789'],
  [TOPK, '66e36a3a21206236', '1c78155eedc61507b02e27766cea4a7e716a9a2656d3679c3906fb5bec23c267'],
  [
    { architecture: 'relu', expansion: 2.5, batch: 512, steps: 300, seed: 7, l1: 3, lr: 0.001 },
    '50c10f8c732b8927',
    'c4ec6e53c035bd3fdac864ee455eb55e661597c08fef7900ca802d1338a59454',
  ],
  [
    {
      ...{ architecture: 'matryoshka', dSae: 64, batch: 256, steps: 100, seed: 1 },
      ...{ k: 4, groups: [16, 64], ema: 0.999 },
    },
    '3d9facf6273c8e0f',
    '341666f64c358d68cec2c9c4c83c4b2d0f0d143f0b42788b9e7212be9bdaff99',
  ],
  [
    {
      ...{ architecture: 'jumprelu', expansion: 4, batch: 1024, steps: 200, seed: 2 },
      ...{ penalty: 'quadratic', targetL0: 8, resample: 50 },
    },
    'c265e5d5ab966e08',
    '0a84e0500e02dfa1a7de27b1af8c0e7b7002927dea378f30f456f34040c0981e',
  ],
];

test('SAEs of any settings, and the identity that a resumed run must have', async () => {
  for (const [request, folder, run] of RUNS) {
    const options = trainOptions(request, SOURCE.d, 0);
    assert.is(await shortHash(saeIdentity(KERNELS, SOURCE, options)), folder, JSON.stringify(request));
    assert.is((await runIdentity(KERNELS, SOURCE, options)).configHash, run, JSON.stringify(request));
  }
  const relaxed = { ...KERNELS, build: 'relaxed' } as const;
  const options = trainOptions(TOPK, SOURCE.d, 0);
  assert.is(await shortHash(saeIdentity(relaxed, SOURCE, options)), '2e6d9d8a0cddaaca');
  assert.is(
    (await runIdentity(relaxed, SOURCE, options)).configHash,
    '2607388c64e899ffdffceb8afb97cbfc6d77120067e1a0ff9bca3a691bdd35a5',
  );
});

test('every setting that changes the result changes the name, the order of the data included', async () => {
  const name = (options: Partial<TrainOptions>, source = SOURCE, kernels: typeof KERNELS = KERNELS) =>
    shortHash(saeIdentity(kernels, source, { ...SMALL, ...options }));
  const names = [
    await name({}),
    await name({ dataSeed: 5 }),
    await name({ dataSeed: 6 }),
    await name({ seed: 4 }),
    await name({ steps: 21 }),
    await name({ batch: 255 }),
    await name({ k: 5 }),
    await name({ lr: 0.5 }),
    await name({}, { ...SOURCE, hash: 'other:train' }),
    await name({}, SOURCE, { ...KERNELS, buildId: 'other' } as unknown as typeof KERNELS),
  ];
  assert.is(new Set(names).size, names.length, names.join(' '));
  assert.is(await name({ dataSeed: undefined }), names[0]);
  // What is given as the default is would be made anyway.
  assert.is(await name({ k: 4 }), names[0]);
});

test.run();
