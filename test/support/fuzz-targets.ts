// Readers and a valid file each, for scripts/fuzz.mjs and for the corpus in test/corpus.
import { zipSync } from 'fflate';
import { InputError } from '../../src/core/errors.js';
import { parseCaffe } from '../../src/formats/caffe.js';
import { parseGraphDef } from '../../src/formats/graphdef.js';
import { parseJsonObject } from '../../src/formats/json.js';
import { encodeNpy, parseNpy } from '../../src/formats/npy.js';
import { parseNpz } from '../../src/formats/npz.js';
import { parsePyTorch } from '../../src/formats/pytorch.js';
import { encodePyTorch } from '../../src/formats/pytorch-write.js';
import { encodeSafetensors, parseSafetensors, type TensorFile } from '../../src/formats/safetensors.js';
import { parseWeights } from '../../src/formats/weights.js';
import { conversionToSrgb } from '../../src/images/icc-convert.js';
import { readPng, readPngHeader } from '../../src/images/png.js';
import { importDictionaryLearning } from '../../src/sae/exchange/dictionary-learning.js';
import { loadSaeFile } from '../../src/sae/exchange/folder.js';
import { readSaelensConfig } from '../../src/sae/saelens-config.js';
import { parseLabels } from '../../src/study/downstream/labels.js';
import { GREY, P3 } from './icc.js';
import { png } from './png.js';
import { LEGACY_FILE, ZIP_FILE } from './pytorch-fixture.js';
import { torchSave } from './saved-object.js';

export interface FuzzTarget {
  seed: Uint8Array;
  /** Throws InputError, or reads the whole file. */
  read: (bytes: Uint8Array) => void;
}

const every =
  (parse: (bytes: Uint8Array, label: string) => TensorFile) =>
  (bytes: Uint8Array): void => {
    for (const { shape, f32 } of parse(bytes, 'fuzz').tensors.values())
      if (f32().length !== shape.reduce((p, n) => p * n, 1)) throw new Error('shape and values differ');
  };
const npy = encodeNpy([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
// NetParameter{layer{name:"c" blobs{shape{dim:2} data:[1,2]}}} and a Const of one float.
const caffe = Uint8Array.of(
  0xa2,
  6,
  20,
  0x0a,
  1,
  0x63,
  0x3a,
  15,
  0x3a,
  3,
  0x0a,
  1,
  2,
  0x2a,
  8,
  0,
  0,
  128,
  63,
  0,
  0,
  0,
  64,
);
const graph = Uint8Array.of(
  10,
  37,
  10,
  1,
  97,
  18,
  5,
  67,
  111,
  110,
  115,
  116,
  42,
  25,
  10,
  5,
  118,
  97,
  108,
  117,
  101,
  18,
  16,
  66,
  14,
  8,
  1,
  18,
  4,
  18,
  2,
  8,
  1,
  42,
  4,
  0,
  0,
  128,
  63,
);

const icc =
  (grey: boolean) =>
  (bytes: Uint8Array): void => {
    const conversion = conversionToSrgb(bytes, { grey, depth: 8 });
    if (typeof conversion === 'function')
      conversion(
        new Uint8Array(256).map((_, i) => i),
        3,
      );
  };

const matrix = (shape: number[], seed: number) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => Math.cbrt(i - seed)),
});
/** One grey pixel: the filter byte and 7, in a stored block of zlib. */
const PICTURE = new Uint8Array(
  png([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0], Uint8Array.of(0x78, 1, 1, 2, 0, 0xfd, 0xff, 0, 7, 0, 9, 0, 8)),
);
const SAE = {
  W_enc: matrix([1, 2], 1),
  b_enc: matrix([2], 2),
  W_dec: matrix([2, 1], 3),
  b_dec: matrix([1], 4),
};

export const TARGETS: Record<string, FuzzTarget> = {
  safetensors: {
    seed: encodeSafetensors(
      { a: { shape: [2, 2], data: new Float32Array(4) }, b: { shape: [3], data: new Uint8Array(3) } },
      { k: 'v' },
    ),
    read: every(parseSafetensors),
  },
  npy: { seed: npy, read: (bytes) => void parseNpy(bytes, 'fuzz') },
  npz: { seed: zipSync({ 'a.npy': npy }), read: (bytes) => void parseNpz(bytes, 'fuzz') },
  pytorch: { seed: ZIP_FILE, read: every(parsePyTorch) },
  'pytorch-legacy': { seed: LEGACY_FILE, read: every(parsePyTorch) },
  caffe: { seed: caffe, read: every(parseCaffe) },
  graphdef: { seed: graph, read: every(parseGraphDef) },
  weights: { seed: LEGACY_FILE, read: every(parseWeights) },
  'dictionary-learning': {
    seed: encodePyTorch(
      new Map([
        ['b_dec', { shape: [1], data: Float32Array.of(1) }],
        ['encoder.weight', { shape: [2, 1], data: Float32Array.of(1, 2) }],
        ['encoder.bias', { shape: [2], data: Float32Array.of(1, 2) }],
        ['decoder.weight', { shape: [1, 2], data: Float32Array.of(1, 2) }],
        ['k', { shape: [], data: Int32Array.of(1) }],
        ['threshold', { shape: [], data: Float32Array.of(0.5) }],
      ]),
    ),
    read: (bytes) => {
      const { tensors } = importDictionaryLearning(
        parsePyTorch(bytes, 'fuzz').tensors,
        { trainer: { dict_class: 'BatchTopKSAE' } },
        { state: 'fuzz', config: 'fuzz' },
      );
      for (const { shape, data } of Object.values(tensors))
        if (data.length !== shape.reduce((p, n) => p * n, 1)) throw new Error('shape and values differ');
    },
  },
  'state-dict': {
    seed: torchSave({ model: SAE, step: 3 }),
    read: (bytes) => void loadSaeFile(bytes, 'fuzz', { architecture: 'topk', k: 1 }),
  },
  'state-dict-safetensors': {
    seed: encodeSafetensors(SAE),
    read: (bytes) => void loadSaeFile(bytes, 'fuzz', { architecture: 'relu' }),
  },
  'saelens-config': {
    seed: new TextEncoder().encode(
      '{"d_in":2,"d_sae":3,"architecture":"standard","activation_fn_str":"topk","activation_fn_kwargs":{"k":2},"normalize_activations":"layer_norm","metadata":{}}',
    ),
    read: (bytes) =>
      void readSaelensConfig(parseJsonObject(bytes, 'fuzz'), (reason) => {
        throw new InputError(`fuzz: ${reason}`);
      }),
  },
  png: { seed: PICTURE, read: (bytes) => void readPng(bytes) },
  'png-header': { seed: PICTURE, read: (bytes) => void readPngHeader(bytes) },
  labels: {
    seed: new TextEncoder().encode('file,class\r\n"a, ""b"".jpg",7\r\nc.jpg,9\r\n'),
    read: (bytes) => void parseLabels(new TextDecoder().decode(bytes), 'fuzz', 1000),
  },
  icc: { seed: P3, read: icc(false) },
  'icc-grey': { seed: GREY, read: icc(true) },
};
