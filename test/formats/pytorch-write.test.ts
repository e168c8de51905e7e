// State dictionaries as torch.save writes them: what is written is read back bit for bit, by our
// strict reader and by PyTorch itself with weights_only=True.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePyTorch } from '../../src/formats/pytorch.js';
import { encodePyTorch, type StateTensor } from '../../src/formats/pytorch-write.js';
import { unzip } from '../../src/formats/zip.js';
import { temporaryFolder } from '../support/cli.js';
import { bitFlips, truncations } from '../support/corrupt.js';
import { filled } from '../support/filled.js';
import { torchScript, torchTest } from '../support/torch.js';

const test = suite('formats/pytorch-write');
const bitsOf = (a: StateTensor['data'] | Uint8Array) =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString('hex');
const SMALL = new Map<string, StateTensor>([
  ['encoder.weight', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, -0, 5e-40, 3e38) }],
  ['k', { shape: [], data: Int32Array.of(-7) }],
  ['group_sizes', { shape: [3], data: BigInt64Array.of(1n, -(2n ** 62n), 300n) }],
]);

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 });
const tensors: fc.Arbitrary<StateTensor> = shapes.chain((shape) => {
  const n = shape.reduce((p, v) => p * v, 1);
  const sized = { minLength: n, maxLength: n };
  return fc.oneof(
    fc.float32Array(sized).map((data) => ({ shape, data })),
    fc.int32Array(sized).map((data) => ({ shape, data })),
    fc.bigInt64Array(sized).map((data) => ({ shape, data })),
  ) as fc.Arbitrary<StateTensor>;
});

test('what is written is read back bit for bit, whatever the names', () => {
  const names = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', ''));
  fc.assert(
    fc.property(
      fc.uniqueArray(names, { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(tensors),
      (keys, s) => {
        const state = new Map(keys.map((key) => [key, s.next().value as StateTensor]));
        const file = encodePyTorch(state);
        const { tensors: read } = parsePyTorch(file, 'x');
        assert.equal([...read.keys()], keys);
        for (const [key, { shape, data }] of filled(state)) {
          assert.equal(read.get(key)!.shape, shape);
          assert.is(bitsOf(read.get(key)!.bytes), bitsOf(data));
        }
        assert.equal(encodePyTorch(state), file);
      },
    ),
    { numRuns: 200 },
  );
});

test('sizes and counts beyond one and two bytes', () => {
  for (const n of [255, 256, 65535, 65536]) {
    const { tensors: read } = parsePyTorch(
      encodePyTorch(new Map([['w', { shape: [n], data: new Float32Array(n).fill(2) }]])),
      'x',
    );
    assert.equal(read.get('w')!.shape, [n]);
  }
});

test('the members PyTorch expects, their data at multiples of 64 bytes', () => {
  const file = encodePyTorch(SMALL);
  const members = unzip(file, 'x');
  assert.equal(
    [...members.keys()],
    ['data.pkl', 'byteorder', 'data/0', 'data/1', 'data/2', 'version'].map((n) => `archive/${n}`),
  );
  for (const data of filled(members.values())) assert.is((data.byteOffset - file.byteOffset) % 64, 0);
  assert.is(new TextDecoder().decode(members.get('archive/version')), '3\n');
});

test('a shape that does not fit its data is refused', () => {
  assert.throws(
    () => encodePyTorch(new Map([['w', { shape: [3], data: new Float32Array(2) }]])),
    /2 elements/,
  );
});

test('cut anywhere it is refused; a flipped bit of a storage is noticed', () => {
  const file = encodePyTorch(SMALL);
  const read = (bytes: Uint8Array) => parsePyTorch(bytes, 'x');
  truncations(file, read);
  for (const [name, data] of unzip(file, 'x'))
    if (name.includes('/data')) {
      const from = data.byteOffset - file.byteOffset;
      bitFlips(file, read, [from, from + data.length]);
    }
});

torchTest(test, 'PyTorch reads it with weights_only=True, and we read what PyTorch saves of it', () => {
  const dir = temporaryFolder('torch');
  mkdirSync(dir, { recursive: true });
  const [ours, theirs, turned] = ['ours.pt', 'theirs.pt', 'turned.pt'].map((f) => join(dir, f));
  writeFileSync(ours, encodePyTorch(SMALL));
  const said = torchScript(
    `
import sys, json, torch
d = torch.load(sys.argv[1], weights_only=True)
torch.save(d, sys.argv[2])
torch.save({'w': d['encoder.weight'].t()}, sys.argv[3])
print(json.dumps({k: [str(v.dtype), list(v.shape), list(v.contiguous().view(-1).numpy().tobytes())] for k, v in d.items()}))`,
    ours,
    theirs,
    turned,
  );
  const type = { Float32Array: 'torch.float32', Int32Array: 'torch.int32', BigInt64Array: 'torch.int64' };
  assert.equal(
    JSON.parse(said),
    Object.fromEntries(
      [...SMALL].map(([key, { shape, data }]) => [
        key,
        [
          type[data.constructor.name as keyof typeof type],
          shape,
          [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
        ],
      ]),
    ),
  );
  const { tensors: back } = parsePyTorch(readFileSync(theirs), 'theirs');
  for (const [key, { shape, data }] of SMALL) {
    assert.equal(back.get(key)!.shape, shape);
    assert.is(bitsOf(back.get(key)!.bytes), bitsOf(data));
  }
  const { shape, bytes } = parsePyTorch(readFileSync(turned), 'turned').tensors.get('w')!;
  assert.equal(shape, [3, 2]);
  const w = SMALL.get('encoder.weight')!.data as Float32Array;
  assert.is(bitsOf(bytes), bitsOf(Float32Array.from([0, 3, 1, 4, 2, 5], (i) => w[i])));
});

test.run();
