// InceptionV1 as TensorFlow's inception5h has it (Lucid, the Distill Circuits articles).
// METHODS 1.1 - 1.5: TF SAME padding, LRN with bias 2 and a SUM over 11 channels, RGB
// minus 117, 1008 classes, 204 and 508 channels in mixed4a.
import type { Layer, NetworkDescription, Padding } from '../src/network/types.js';
import { block, type Rules, type Widths } from './blocks.js';

const same: Padding = { rule: 'same' };
const rules: Rules = { keep: () => same, pool: same };
const lrn = { radius: 5, bias: 2, alpha: 1e-4, beta: 0.5 };
const conv = (out: string, from: string, size: number, stride: number, filters: number): Layer => ({
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

export const inceptionv1: NetworkDescription = {
  architecture: 'inceptionv1',
  size: 224,
  channels: 'rgb',
  mean: [117, 117, 117],
  classes: 1008,
  layers: [
    conv('conv2d0', 'input', 7, 2, 64),
    pool('maxpool0', 'conv2d0'),
    { op: 'lrn', out: 'localresponsenorm0', in: 'maxpool0', ...lrn },
    conv('conv2d1', 'localresponsenorm0', 1, 1, 64),
    conv('conv2d2', 'conv2d1', 3, 1, 192),
    { op: 'lrn', out: 'localresponsenorm1', in: 'conv2d2', ...lrn },
    pool('maxpool1', 'localresponsenorm1'),
    ...mixed('mixed3a', 'maxpool1', 64, 96, 128, 16, 32, 32),
    ...mixed('mixed3b', 'mixed3a', 128, 128, 192, 32, 96, 64),
    pool('maxpool4', 'mixed3b'),
    ...mixed('mixed4a', 'maxpool4', 192, 96, 204, 16, 48, 64),
    ...mixed('mixed4b', 'mixed4a', 160, 112, 224, 24, 64, 64),
    ...mixed('mixed4c', 'mixed4b', 128, 128, 256, 24, 64, 64),
    ...mixed('mixed4d', 'mixed4c', 112, 144, 288, 32, 64, 64),
    ...mixed('mixed4e', 'mixed4d', 256, 160, 320, 32, 128, 128),
    pool('maxpool10', 'mixed4e'),
    ...mixed('mixed5a', 'maxpool10', 256, 160, 320, 48, 128, 128),
    ...mixed('mixed5b', 'mixed5a', 384, 192, 384, 48, 128, 128),
    { op: 'avgpool', out: 'avgpool0', in: 'mixed5b', size: 7, stride: 1, padding: { rule: 'valid' } },
    { op: 'linear', out: 'logits', in: 'avgpool0', units: 1008 },
    { op: 'softmax', out: 'softmax', in: 'logits' },
  ],
};
