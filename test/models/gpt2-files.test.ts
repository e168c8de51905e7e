// GPT-2's files: what is recognised, and what is said of those that are not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../models/convert.js';
import { modelFromBytes } from '../../models/from-bytes.js';
import { randomGpt2 } from '../../models/gpt2/random.js';
import { encodeSafetensors, parseSafetensors, type Tensors } from '../../src/formats/safetensors.js';
import { huggingFaceFile } from '../support/gpt2.js';
import { rejection } from '../support/rejection.js';

const test = suite('models/gpt2-files');
const SIZES = { blocks: 2, width: 64, heads: 1, hidden: 40, context: 24, vocabulary: 53 };
const model = randomGpt2(SIZES, 3);
const load = (bytes: Uint8Array, heads?: number) =>
  modelFromBytes(bytes, 'x.safetensors', { name: 'x', heads });

test('new and old files, and our own, give the same parameters and sizes', async () => {
  for (const bytes of [huggingFaceFile(model), huggingFaceFile(model, true), encodeModel(model)]) {
    const found = await load(bytes);
    assert.equal(found.description, model.description);
    for (const [layer, { weight, bias }] of model.parameters) {
      assert.equal(found.parameters.get(layer)!.weight, weight, layer);
      assert.equal(found.parameters.get(layer)!.bias, bias, layer);
    }
    assert.is(found.lastTap, 'logits');
  }
});

test('heads are 64 wide unless config.json says otherwise', async () => {
  const narrow = randomGpt2({ ...SIZES, width: 16, heads: 2 }, 1);
  assert.equal((await load(huggingFaceFile(narrow), 2)).description, narrow.description);
  assert.match((await rejection(load(huggingFaceFile(narrow)))).message, /config\.json, which says n_head/);
  assert.match(
    (await rejection(load(huggingFaceFile(narrow), 5))).message,
    /5 heads do not divide 16 values/,
  );
});

function changed(change: (tensors: Tensors) => void, old = false): Uint8Array {
  const tensors: Tensors = {};
  for (const [name, t] of parseSafetensors(huggingFaceFile(model, old), 'x').tensors)
    tensors[name] = { shape: [...t.shape], data: t.f32().slice() };
  change(tensors);
  return encodeSafetensors(tensors);
}

test('files that are no GPT-2 are refused, the tensors named', async () => {
  const says = async (bytes: Uint8Array, text: RegExp) =>
    assert.match((await rejection(load(bytes))).message, text);
  await says(
    changed((t) => void delete t['h.1.mlp.c_fc.bias']),
    /1 missing \(h\.1\.mlp\.c_fc\.bias\)/,
  );
  await says(
    changed((t) => void delete t['wpe.weight']),
    /no wpe\.weight of two axes/,
  );
  await says(
    changed((t) => {
      t['h.0.attn.c_attn.weight'].shape.reverse();
    }),
    /h\.0\.attn\.c_attn\.weight is \[192,64\], must be \[64,192\]: its axes are in another order, IO is read/,
  );
  await says(
    changed((t) => {
      (t['lm_head.weight'].data as Float32Array)[5] += 1;
    }, true),
    /lm_head\.weight is not wte\.weight/,
  );
  await says(
    changed((t) => {
      t['ln_f.weight'].data[3] = Number.NaN;
    }),
    /'ln_f\.weight' holds NaN at index 3/,
  );
});

test.run();
