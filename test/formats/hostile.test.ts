// A property over all readers (FAULTS P3 to P5): whatever a file holds, what leaves the package is a
// result or a typed error of one printable line.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CurvesaeError, InputError, shown } from '../../src/core/errors.js';
import { canonicalJson, sha256 } from '../../src/core/hash.js';
import { encodePyTorch } from '../../src/formats/pytorch-write.js';
import { encodeSafetensors, type Storage } from '../../src/index.js';
import { loadAnySae } from '../../src/sae/exchange/folder.js';
import { readRecord, TRAINING_FILE } from '../../src/sae/folder.js';
import { checkFree } from '../../src/sae/synth-folder.js';
import type { SyntheticKnobs } from '../../src/sae/synthetic.js';
import { openRun } from '../../src/study/facts/run-folder.js';
import { readSettings } from '../../src/tab/settings.js';
import { openStore, storeVectors } from '../../src/vectors/store.js';
import { fuzz } from '../support/corrupt.js';
import { json, stateOf, trained } from '../support/dictionaries.js';
import { TARGETS } from '../support/fuzz-targets.js';
import { memoryStorage } from '../support/memory-storage.js';

const test = suite('formats/hostile');
const ESC = String.fromCharCode(27);

/** Text that stands for a value in JSON: what no honest writer writes. */
const hostile = fc.oneof(
  fc.constantFrom(
    ...[
      '1e999',
      '-1e999',
      '1099511627776',
      '-1',
      '-0',
      '0.5',
      '9007199254740993',
      'null',
      'true',
      '""',
      '[]',
      '{}',
    ],
    ...['{"toString":1}', '{"valueOf":null,"toString":null}', '{"__proto__":{"k":1}}', '[{"toString":[]}]'],
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
    `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
    JSON.stringify(`${ESC}[2J\r\n\u202e${'x'.repeat(5000)}`),
    '"constructor"',
    '"__proto__"',
  ),
  fc.jsonValue({ maxDepth: 3 }).map((v) => JSON.stringify(v)),
);

/** Paths to every value in a document. */
function paths(value: unknown, at: string[] = []): string[][] {
  if (value === null || typeof value !== 'object') return [at];
  return [...(at.length ? [at] : []), ...Object.entries(value).flatMap(([k, v]) => paths(v, [...at, k]))];
}

/** The document with the value at `path` replaced by a text. */
function replaced(value: unknown, [key, ...rest]: string[], text: string): string {
  if (key === undefined) return text;
  const parts = Object.entries(value as object).map(([k, v]) => {
    const inner = k === key ? replaced(v, rest, text) : JSON.stringify(v);
    return Array.isArray(value) ? inner : `${JSON.stringify(k)}:${inner}`;
  });
  return Array.isArray(value) ? `[${parts}]` : `{${parts}}`;
}

async function typed(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof CurvesaeError)) throw error;
    assert.is(shown(error.message, 5000), error.message, 'one printable line');
    assert.ok(error.message.length <= 4003);
  }
}

/** A valid document, its reader, and what to do to it so that only its content is wrong. */
interface Document {
  valid: Record<string, unknown>;
  read: (text: string) => Promise<unknown>;
}

const saelens = (extra: object) => ({
  architecture: 'standard',
  d_in: 2,
  d_sae: 3,
  activation_fn_str: 'topk',
  activation_fn_kwargs: { k: 2 },
  apply_b_dec_to_input: true,
  normalize_activations: 'none',
  finetuning_scaling_factor: false,
  metadata: { hook_name: 'a', training_architecture: 'topk' },
  ...extra,
});
const weights = () => encodeSafetensors(trained('topk', 2, 3, 1).tensors);
const bytes = (text: string) => new TextEncoder().encode(text);
const scaled = saelens({ normalize_activations: 'expected_average_only_in' });

const recipe = {
  model: { name: 'm', architecture: 'a', sha256: '0' },
  ...{ tap: 't', inputSize: 8, images: 'i', perImage: 1, reference: 1, sample: 'uniform' },
  ...{ excludeBorder: false, seed: 0, numerics: 'exact' },
};
const zeros = (n: number) => ({ shape: [n, 2], data: new Float32Array(2 * n) });
const shard = encodeSafetensors({
  'train.activations': zeros(2),
  'heldout.activations': zeros(1),
  'reference.activations': zeros(1),
});
const manifest = {
  format: 'curvesae-activations',
  version: 1,
  hash: 'h',
  recipe,
  ...{ dIn: 2, images: 3, imagesPerShard: 3, complete: true, seconds: 1 },
  shards: [
    {
      file: 's',
      bytes: shard.length,
      sha256: await sha256(shard),
      rows: { train: 2, heldout: 1, reference: 1 },
      failures: [{ name: 'n', reason: 'r' }],
    },
  ],
};

/** `text` with the checksum of its content, where it has one. */
async function sealed(text: string): Promise<Uint8Array> {
  try {
    const content = JSON.parse(text) as object;
    return json({ ...content, checksum: await sha256(canonicalJson(content)) });
  } catch {
    return bytes(text);
  }
}

async function openAll(storage: Storage): Promise<void> {
  const { manifest: read } = await openStore(storage);
  for (const split of ['train', 'heldout', 'all', 'reference'] as const) {
    const source = storeVectors(storage, read, split);
    for (let i = 0; i < source.shards.length; i++) await source.load(i);
  }
}

const DOCUMENTS: Record<string, Document> = {
  'cfg.json of SAELens': {
    valid: saelens({}),
    read: (text) =>
      loadAnySae(memoryStorage({ 'cfg.json': bytes(text), 'sae_weights.safetensors': weights() })),
  },
  'activation_scaler.json': {
    valid: { scaling_factor: 2, has_whitening: false },
    read: (text) =>
      loadAnySae(
        memoryStorage({
          'cfg.json': json(scaled),
          'sae_weights.safetensors': weights(),
          'activation_scaler.json': bytes(text),
        }),
      ),
  },
  'config.json of dictionary_learning': {
    valid: {
      trainer: { dict_class: 'AutoEncoderTopK', activation_dim: 2, dict_size: 3, k: 2 },
      buffer: {},
      curvesae: {},
    },
    read: (text) =>
      loadAnySae(
        memoryStorage({
          'config.json': bytes(text),
          'ae.pt': encodePyTorch(stateOf('AutoEncoderTopK', 2, 3, 2, 1)),
        }),
      ),
  },
  'cfg.json of sparsify': {
    valid: {
      activation: 'topk',
      expansion_factor: 2,
      num_latents: 0,
      k: 2,
      d_in: 2,
      transcode: false,
      curvesae: {},
    },
    read: (text) => {
      const { W_enc, b_enc, W_dec, b_dec } = trained('topk', 2, 4, 1).tensors;
      const sae = { 'encoder.weight': { ...W_enc, shape: [4, 2] }, 'encoder.bias': b_enc, W_dec, b_dec };
      return loadAnySae(
        memoryStorage({ 'cfg.json': bytes(text), 'sae.safetensors': encodeSafetensors(sae) }),
      );
    },
  },
  'manifest.json under a valid checksum': {
    valid: manifest,
    read: async (text) => openAll(memoryStorage({ 'manifest.json': await sealed(text), s: shard })),
  },
  'training.json': {
    valid: { run: 'h', log: [{ step: 1 }], seconds: 2 },
    read: (text) => readRecord(memoryStorage({ [TRAINING_FILE]: bytes(text) })),
  },
  'synth.json': {
    valid: { format: 'curvesae-synth', version: 1, knobs: { features: 3, dIn: 2 } },
    read: (text) =>
      checkFree(memoryStorage({ 'synth.json': bytes(text) }), { features: 3, dIn: 2 } as SyntheticKnobs),
  },
  'run.json of a page': {
    valid: { format: 'curvesae-run', version: 1, settings: {}, checksum: await sha256('{}') },
    read: (text) => readSettings(memoryStorage({ 'run.json': bytes(text) })),
  },
  'result.json of a run': {
    valid: {
      model: { name: 'm', architecture: 'a', sha256: '0' },
      tap: 't',
      sae: { dSae: 3, dIn: 2 },
      curves: { neurons: { detectors: [] } },
      hashes: { images: 'i', sae: 's', store: 'v' },
      paths: { sae: 'a', curves: 'b', activations: 'c' },
    },
    read: (text) => openRun(memoryStorage({ 'result.json': bytes(text) })),
  },
};

for (const [name, { valid, read }] of Object.entries(DOCUMENTS))
  test(`${name}: a wrong value anywhere`, async () => {
    const choice = fc.constantFrom(...paths(valid));
    await fc.assert(
      fc.asyncProperty(choice, hostile, (path, text) => typed(() => read(replaced(valid, path, text)))),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(hostile, (text) => typed(() => read(text))),
      { numRuns: 50 },
    );
  });

test('a whole manifest is read; rows that its shard cannot hold, sizes that differ and 2^40 are refused', async () => {
  const read = DOCUMENTS['manifest.json under a valid checksum'].read;
  await read(JSON.stringify(manifest));
  for (const [path, text, reason] of [
    [['shards', '0', 'bytes'], '1099511627776', /lacks fields, or they contradict/],
    [['dIn'], '1099511627776', /lacks fields, or they contradict/],
    [['shards', '0', 'rows', 'train'], '1099511627776', /lacks fields, or they contradict/],
    [['shards', '0', 'rows', 'train'], '1e999', /number out of range/],
    [['shards', '0', 'bytes'], '999', /s: corrupt \(checksum differs\)/],
    [['recipe', 'model'], '{"toString":1}', /lacks fields/],
  ] as [string[], string, RegExp][]) {
    let message = '';
    await read(replaced(manifest, path, text)).catch((e: unknown) => {
      assert.instance(e, InputError);
      message = (e as Error).message;
    });
    assert.match(message, reason);
  }
});

for (const [name, { seed, read }] of Object.entries(TARGETS))
  test(`${name}: edits of a valid file, and random bytes`, () => fuzz(seed, read, 60));

test('names out of files are printed in one line, without control characters, cut', () => {
  assert.is(shown(`a${ESC}[31m\n\u202eb\ud800`), 'a\ufffd[31m\ufffd\ufffdb\ufffd');
  assert.is(shown('x'.repeat(101)), `${'x'.repeat(100)}...`);
  assert.is(shown({ toString: 1 }), 'an object');
  assert.is(shown([{ toString: 1 }]), 'a list');
  assert.is(shown(undefined), 'undefined');
  assert.is(new InputError(`a\n${ESC}b`).message, 'a \ufffdb');
  assert.is(new InputError('x'.repeat(5000)).message.length, 4003);
});

test.run();
