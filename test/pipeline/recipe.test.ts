// What is left out of a request is as the table of defaults says, wherever a run is begun.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { embeddedModel, init } from '../../src/index.js';
import { DEFAULTS } from '../../src/pipeline/defaults.js';
import { recipeOf, samplingOf } from '../../src/pipeline/recipe.js';
import { trainOptions, widthOf } from '../../src/pipeline/training.js';

const test = suite('pipeline/recipe');
const engine = await init();
const model = await embeddedModel(engine.math);

test('a recipe of nothing but a network and pictures', () => {
  assert.equal(recipeOf(engine, model, 'pictures', samplingOf({})), {
    model: { name: 'embedded', architecture: 'inceptionv1', sha256: model.sha256 },
    ...{ tap: 'mixed3b_5x5', inputSize: 224, images: 'pictures', perImage: 128, reference: 64 },
    ...{ sample: 'norm', excludeBorder: false, seed: 0, numerics: 'exact' },
  });
  const relaxed = { info: () => ({ ...engine.info(), build: 'relaxed' as const }) };
  assert.is(recipeOf(relaxed, model, '', samplingOf({})).numerics, 'relaxed');
});

test('given settings stay, undefined ones do not stand in the way', () => {
  const sampling = samplingOf({ perImage: 3, sample: 'uniform', tap: undefined, seed: 9 });
  assert.equal([sampling.perImage, sampling.sample, sampling.seed], [3, 'uniform', 9]);
  assert.is(sampling.tap, DEFAULTS.tap);
});

test('a training: d_sae before expansion, its own seed before the job’s', () => {
  assert.equal(trainOptions({}, 96, 4), {
    ...{ architecture: 'batchtopk', dSae: 384, batch: 2048, steps: 1500, seed: 4 },
  });
  assert.is(trainOptions({ expansion: 2, dSae: 7 }, 96, 0).dSae, 7);
  assert.is(trainOptions({ expansion: 2.5 }, 97, 0).dSae, 243);
  assert.is(widthOf(0.01, 8), 1);
  assert.is(trainOptions({ seed: 2 }, 96, 4).seed, 2);
  assert.throws(() => trainOptions({ k: 9, dSae: 8 }, 96, 0), /k 9 is larger than d_sae 8/);
});

test.run();
