// InceptionV1 as TensorFlow's inception5h has it (Lucid, the Distill Circuits articles).
// METHODS 1.1 - 1.5: TF SAME padding, LRN with bias 2 and a SUM over 11 channels, RGB
// minus 117, 1008 classes, 204 and 508 channels in mixed4a.
import type { ConvLayer, Layer, NetworkDescription, Padding } from '../src/network/types.js';
import { block, type Rules, type Widths } from './blocks.js';

const same: Padding = { rule: 'same' };
const rules: Rules = { keep: () => same, pool: same };
const lrn = { radius: 5, bias: 2, alpha: 1e-4, beta: 0.5 };
const conv = (out: string, from: string, size: number, stride: number, filters: number): ConvLayer => ({
  op: 'conv',
  out,
  in: from,
  size,
  stride,
  filters,
  padding: same,
});
const pool = (out: string, from: string): Layer => ({
  op: 'maxpool',
  out,
  in: from,
  size: 3,
  stride: 2,
  padding: same,
});
const mixed = (name: string, from: string, ...widths: Widths): Layer[] => block(name, from, widths, rules);
/** Deeper blocks: smaller tiles, whose error is smaller (docs/kernels.md). */
const late = (name: string, from: string, ...widths: Widths): Layer[] =>
  block(name, from, widths, { ...rules, tile: 6 });

/** Name of a tap's layer in the PyTorch port (METHODS 1.7). */
export const portName = (tap: string): string =>
  tap === 'logits' ? 'softmax2_pre_activation_matmul' : `${tap}_pre_relu_conv`;

/** Constants of the graph's auxiliary classifiers, which inference does not need. */
export const GRAPH_AUXILIARY = /^(head[01]_|nn[01]_|softmax[01]_)/;

/** Tap and part of a constant of the graph: `conv2d0_w`, `softmax2_b`; undefined for one that is no parameter. */
export function graphParameter(name: string): { tap: string; part: 'weight' | 'bias' } | undefined {
  const match = /^(\w+)_([wb])$/.exec(name);
  return match
    ? { tap: match[1] === 'softmax2' ? 'logits' : match[1], part: match[2] === 'w' ? 'weight' : 'bias' }
    : undefined;
}

export const inceptionv1: NetworkDescription = {
  architecture: 'inceptionv1',
  inputs: [{ op: 'image', out: 'input', size: 224, channels: 'rgb', mean: [117, 117, 117] }],
  classes: 1008,
  layers: [
    { ...conv('conv2d0', 'input', 7, 2, 64), fold: true },
    pool('maxpool0', 'conv2d0'),
    { op: 'lrn', out: 'localresponsenorm0', in: 'maxpool0', ...lrn },
    conv('conv2d1', 'localresponsenorm0', 1, 1, 64),
    conv('conv2d2', 'conv2d1', 3, 1, 192),
    { op: 'lrn', out: 'localresponsenorm1', in: 'conv2d2', ...lrn },
    pool('maxpool1', 'localresponsenorm1'),
    ...mixed('mixed3a', 'maxpool1', 64, 96, 128, 16, 32, 32),
    ...mixed('mixed3b', 'mixed3a', 128, 128, 192, 32, 96, 64),
    pool('maxpool4', 'mixed3b'),
    ...late('mixed4a', 'maxpool4', 192, 96, 204, 16, 48, 64),
    ...late('mixed4b', 'mixed4a', 160, 112, 224, 24, 64, 64),
    ...late('mixed4c', 'mixed4b', 128, 128, 256, 24, 64, 64),
    ...late('mixed4d', 'mixed4c', 112, 144, 288, 32, 64, 64),
    ...late('mixed4e', 'mixed4d', 256, 160, 320, 32, 128, 128),
    pool('maxpool10', 'mixed4e'),
    ...late('mixed5a', 'maxpool10', 256, 160, 320, 48, 128, 128),
    ...late('mixed5b', 'mixed5a', 384, 192, 384, 48, 128, 128),
    { op: 'avgpool', out: 'avgpool0', in: 'mixed5b', size: 7, stride: 1, padding: { rule: 'valid' } },
    { op: 'linear', out: 'logits', in: 'avgpool0', units: 1008 },
    { op: 'softmax', out: 'softmax', in: 'logits' },
  ],
};
