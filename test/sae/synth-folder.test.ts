import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  encodeSafetensors,
  InputError,
  init,
  parseSafetensors,
  readTruth,
  synthesize,
  UsageError,
  writeSynthetic,
} from '../../src/index.js';
import { memoryStorage } from '../support/memory-storage.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/synth-folder');
const { math } = await init();
const knobs = { features: 10, dIn: 6, vectors: 40, active: 2, noise: 0.1, seed: 3 };
const set = await synthesize(math, knobs);

test('what is written is read back', async () => {
  const storage = memoryStorage();
  const { reused, l0, vectors } = await writeSynthetic(storage, set);
  assert.not(reused);
  assert.is(l0, set.truth.index.length / 40);
  const { truth, vectorsHash } = readTruth(await storage.read('truth.safetensors'), 'truth');
  assert.equal(truth, set.truth);
  assert.is(vectorsHash, vectors.sha256);
  const file = parseSafetensors(await storage.read('vectors.safetensors'), 'x').tensors;
  assert.equal([...file.keys()], ['x']);
  assert.equal(file.get('x')!.shape, [40, 6]);
  assert.equal(file.get('x')!.f32(), set.x);
  const record = JSON.parse(new TextDecoder().decode(await storage.read('synth.json')));
  assert.equal(record.knobs, set.knobs);
});

test('the same set again is left alone, an interrupted one is completed, another is refused', async () => {
  const storage = memoryStorage();
  await writeSynthetic(storage, set);
  const before = await storage.read('synth.json');
  assert.ok((await writeSynthetic(storage, set)).reused);
  await storage.remove('synth.json');
  await storage.remove('truth.safetensors');
  assert.not((await writeSynthetic(storage, set)).reused);
  assert.equal(await storage.read('synth.json'), before);
  const other = await synthesize(math, { ...knobs, noise: 0.2 });
  const refused = async (message: RegExp, kind = UsageError) => {
    const error = await rejection(writeSynthetic(storage, other));
    assert.instance(error, kind);
    assert.match(error.message, message);
  };
  await refused(/noise 0.1 there, 0.2 here/);
  // Interrupted before synth.json: the vectors are another set's.
  await storage.remove('synth.json');
  await refused(/vectors.safetensors: is not what these settings give/);
  await storage.write('synth.json', '{');
  await refused(/not valid JSON/, InputError);
  await storage.write('synth.json', 'null');
  await refused(/not an object/, InputError);
  assert.equal(
    parseSafetensors(await storage.read('vectors.safetensors'), 'x')
      .tensors.get('x')!
      .f32(),
    set.x,
    'nothing was overwritten',
  );
});

test('truth that contradicts itself is refused', () => {
  const good = () => ({
    directions: { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) },
    'activations.start': { shape: [3], data: Int32Array.of(0, 2, 3) },
    'activations.index': { shape: [3], data: Int32Array.of(0, 1, 1) },
    'activations.value': { shape: [3], data: Float32Array.of(1, 2, 3) },
  });
  assert.is(readTruth(encodeSafetensors(good()), 't').truth.vectors, 2);
  type File = ReturnType<typeof good>;
  const cases: [(file: File) => unknown, RegExp][] = [
    [(f) => Reflect.deleteProperty(f, 'directions'), /needs a tensor 'directions' of F32 with 2 dimensions/],
    [(f) => Object.assign(f, { directions: { shape: [4], data: new Float32Array(4) } }), /'directions'/],
    [(f) => Object.assign(f['activations.index'], { data: Float32Array.of(0, 1, 1) }), /of I32/],
    [(f) => f.directions.data.fill(0, 2), /direction 1 is zero/],
    [(f) => f.directions.data.fill(Number.NaN, 0, 1), /direction 0 is zero or not finite/],
    [(f) => f['activations.start'].data.fill(1, 0, 1), /does not cover/],
    [(f) => f['activations.start'].data.fill(2, 2), /does not cover/],
    [(f) => f['activations.start'].data.fill(4, 1, 2), /start falls after vector 1/],
    [(f) => f['activations.index'].data.fill(2, 2), /features of vector 1/],
    [(f) => f['activations.index'].data.fill(-1, 2), /features of vector 1/],
    [(f) => f['activations.index'].data.fill(0, 1, 2), /features of vector 0 are not increasing/],
  ];
  for (const [spoil, message] of cases) {
    const file = good();
    spoil(file);
    assert.throws(
      () => readTruth(encodeSafetensors(file), 't'),
      (e: Error) => e instanceof InputError && message.test(e.message),
      String(message),
    );
  }
});

test.run();
