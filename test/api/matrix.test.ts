import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeMatrix } from '../../src/api/matrix.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { decode, encode, init, nodeStorage, openSae, Rng, saveSae } from '../../src/node.js';
import { temporaryFolder } from '../support/cli.js';
import { memoryStorage } from '../support/memory-storage.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/matrix');

test('rows in parts are the file that they are in one', async () => {
  const data = Float32Array.from({ length: 12 }, (_, i) => Math.cbrt(i));
  const storage = memoryStorage();
  const parts = async function* () {
    yield data.subarray(0, 3);
    yield data.subarray(3);
  };
  await writeMatrix(storage, 'x.NPY', 'features', [4, 3], parts);
  assert.equal(await storage.read('x.NPY'), encodeNpy([4, 3], data));
  await writeMatrix(storage, 'x.safetensors', 'features', [4, 3], parts);
  const features = { shape: [4, 3], data };
  assert.equal(await storage.read('x.safetensors'), encodeSafetensors({ features }));
});

test('encode and decode in several ranges are those in one; ended in between, there is no file', async () => {
  const [n, dIn, dSae] = [1100, 2, 16_384]; // three tasks
  const dir = temporaryFolder('ranges');
  const rng = new Rng(5);
  const random = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((p, q) => p * q) }, () => rng.uniform() - 0.5),
  });
  const tensors = {
    W_enc: random(dIn, dSae),
    b_enc: random(dSae),
    W_dec: random(dSae, dIn),
    b_dec: random(dIn),
  };
  await saveSae(nodeStorage(join(dir, 'sae')), { architecture: 'topk', dIn, dSae, k: 2 }, tensors, {});
  const { data } = random(n, dIn);
  const engine = await init();
  const call = { engine, sae: join(dir, 'sae') };
  const report = await encode({ ...call, in: { shape: [n, dIn], data }, out: join(dir, 'f.npy') });
  assert.is(report.l0, 2);
  await decode({ ...call, in: join(dir, 'f.npy'), out: join(dir, 'y.safetensors') });
  const sae = await openSae(call.sae, { engine });
  const features = sae.encode(data);
  assert.ok(readFileSync(join(dir, 'f.npy')).equals(encodeNpy([n, dSae], features)));
  const activations = { shape: [n, dIn], data: sae.decode(features) };
  assert.ok(readFileSync(join(dir, 'y.safetensors')).equals(encodeSafetensors({ activations })));
  sae.dispose();

  const stop = new AbortController();
  setImmediate(() => stop.abort());
  const out = join(dir, 'half.npy');
  const error = await rejection(encode({ ...call, in: { shape: [n, dIn], data }, out, signal: stop.signal }));
  assert.is(error.name, 'AbortError');
  assert.equal(readdirSync(dir).sort(), ['f.npy', 'sae', 'y.safetensors']);
});

test.run();
