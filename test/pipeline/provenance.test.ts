// The keys that cfg.json has of an SAE's origin, in the order of the versions before: its bytes are golden.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { provenance } from '../../src/pipeline/provenance.js';
import type { StoreRecipe } from '../../src/vectors/types.js';

const test = suite('pipeline/provenance');
const recipe = { model: { name: 'm', architecture: 'a', sha256: 's' }, tap: 't' } as StoreRecipe;
const store = { hash: 'h', recipe };

test('of a job, of `train` on a store and on a matrix, of a sweep', () => {
  const text = (origin: Parameters<typeof provenance>[0]) => JSON.stringify(provenance(origin));
  const ofStore = '"model_name":"m","hook_name":"t","activation_store":"h","weights_sha256":"s"';
  assert.is(text({ store, seed: 3 }), `{${ofStore},"seed":3}`);
  assert.is(text({ data: 'h', store, seed: 0 }), `{"data":"h",${ofStore},"seed":0}`);
  assert.is(text({ data: 'x', store: undefined, seed: 0 }), '{"data":"x","seed":0}');
  assert.is(text({ data: 'h', store }), `{"data":"h",${ofStore}}`);
});

test.run();
