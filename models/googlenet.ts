// BVLC GoogLeNet (Caffe). METHODS 1.1 - 1.5: explicit padding, ceil-mode pools, LRN with
// k 1 and alpha divided by the window of 5, BGR minus 104, 117, 123, 1000 classes.
import type { ConvLayer, Layer, NetworkDescription, Padding } from '../src/network/types.js';
import { block, type Rules, type Widths } from './blocks.js';

const pads = (pad: number): Padding => ({ rule: 'explicit', pad });
const ceil = (pad: number): Padding => ({ rule: 'caffe', pad });
const rules: Rules = { keep: (size) => pads((size - 1) / 2), pool: ceil(1) };
const lrn = { radius: 2, bias: 1, alpha: 1e-4 / 5, beta: 0.75 };
const conv = (
  out: string,
  from: string,
  size: number,
  stride: number,
  filters: number,
  pad: number,
): ConvLayer => ({
  op: 'conv',
  out,
  in: from,
  size,
  stride,
  filters,
  padding: pads(pad),
});
const pool = (out: string, from: string): Layer => ({
  op: 'maxpool',
  out,
  in: from,
  size: 3,
  stride: 2,
  padding: ceil(0),
});
const mixed = (name: string, from: string, ...widths: Widths): Layer[] => block(name, from, widths, rules);
/** Deeper blocks: smaller tiles, whose error is smaller (docs/kernels.md). */
const late = (name: string, from: string, ...widths: Widths): Layer[] =>
  block(name, from, widths, { ...rules, tile: 6 });

const CAFFE: Record<string, string> = {
  conv2d0: 'conv1/7x7_s2',
  conv2d1: 'conv2/3x3_reduce',
  conv2d2: 'conv2/3x3',
  logits: 'loss3/classifier',
};

/** BVLC's name of the layer that makes a tap (METHODS 1.7). */
export const caffeName = (tap: string): string =>
  CAFFE[tap] ??
  tap
    .replace(/^mixed(\d[a-e])_/, 'inception_$1/')
    .replace(/(\dx\d)_bottleneck$/, '$1_reduce')
    .replace(/pool_reduce$/, 'pool_proj');

/** Tensors of the auxiliary classifiers, which inference does not need. */
export const CAFFE_AUXILIARY = /^loss[12]\//;

export const googlenet: NetworkDescription = {
  architecture: 'googlenet',
  inputs: [{ op: 'image', out: 'input', size: 224, channels: 'bgr', mean: [104, 117, 123] }],
  classes: 1000,
  layers: [
    { ...conv('conv2d0', 'input', 7, 2, 64, 3), fold: true },
    pool('maxpool0', 'conv2d0'),
    { op: 'lrn', out: 'localresponsenorm0', in: 'maxpool0', ...lrn },
    conv('conv2d1', 'localresponsenorm0', 1, 1, 64, 0),
    conv('conv2d2', 'conv2d1', 3, 1, 192, 1),
    { op: 'lrn', out: 'localresponsenorm1', in: 'conv2d2', ...lrn },
    pool('maxpool1', 'localresponsenorm1'),
    ...mixed('mixed3a', 'maxpool1', 64, 96, 128, 16, 32, 32),
    ...mixed('mixed3b', 'mixed3a', 128, 128, 192, 32, 96, 64),
    pool('maxpool4', 'mixed3b'),
    ...late('mixed4a', 'maxpool4', 192, 96, 208, 16, 48, 64),
    ...late('mixed4b', 'mixed4a', 160, 112, 224, 24, 64, 64),
    ...late('mixed4c', 'mixed4b', 128, 128, 256, 24, 64, 64),
    ...late('mixed4d', 'mixed4c', 112, 144, 288, 32, 64, 64),
    ...late('mixed4e', 'mixed4d', 256, 160, 320, 32, 128, 128),
    pool('maxpool10', 'mixed4e'),
    ...late('mixed5a', 'maxpool10', 256, 160, 320, 32, 128, 128),
    ...late('mixed5b', 'mixed5a', 384, 192, 384, 48, 128, 128),
    { op: 'avgpool', out: 'avgpool0', in: 'mixed5b', size: 7, stride: 1, padding: ceil(0) },
    { op: 'linear', out: 'logits', in: 'avgpool0', units: 1000 },
    { op: 'softmax', out: 'softmax', in: 'logits' },
  ],
};
