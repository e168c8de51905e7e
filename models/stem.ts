// A small network of InceptionV1's plan as far as mixed3b, with a classifier on top: what `model train` trains. Layers,
// strides and normalisations are InceptionV1's, so that taps have its names and receptive fields; it has a quarter of the
// channels, and pictures of 96 pixels, in which the field of a unit of mixed3b_5x5 (91) lies whole.
import { InputError } from '../src/core/errors.js';
import type { ConvLayer, Layer, NetworkDescription, Padding } from '../src/network/types.js';
import { block, type Rules, type Widths } from './blocks.js';

/** Side of its pictures in pixels. */
export const STEM_SIZE = 96;
/** Side of mixed3b: three times halved, and once by the first convolution. */
const MAP = STEM_SIZE / 8;
export const STEM = 'stem';
/** The name of the one that ships with the package (models/trained/). */
export const TRAINED = 'trained';

/** Channels: of conv2d0, conv2d1 and conv2d2, and of the two blocks. */
export interface StemWidths {
  early: [number, number, number];
  mixed3a: Widths;
  mixed3b: Widths;
}

export const STEM_WIDTHS: StemWidths = {
  early: [16, 16, 48],
  mixed3a: [16, 24, 32, 8, 16, 16],
  mixed3b: [32, 24, 48, 16, 48, 16],
};

const same: Padding = { rule: 'same' };
const rules: Rules = { keep: () => same, pool: same, tile: 6 };
const lrn = { radius: 5, bias: 2, alpha: 1e-4, beta: 0.5 };

/** Of so many classes. */
export function stemDescription(classes: number, widths: StemWidths = STEM_WIDTHS): NetworkDescription {
  const [first, second, third] = widths.early;
  const conv = (out: string, from: string, size: number, stride: number, filters: number): ConvLayer => ({
    ...{ op: 'conv', out, in: from, size, stride, filters, padding: same },
  });
  const pool = (out: string, from: string): Layer => ({
    ...{ op: 'maxpool', out, in: from, size: 3, stride: 2, padding: same },
  });
  return {
    architecture: STEM,
    inputs: [{ op: 'image', out: 'input', size: STEM_SIZE, channels: 'rgb', mean: [117, 117, 117] }],
    classes,
    layers: [
      { ...conv('conv2d0', 'input', 7, 2, first), fold: true },
      pool('maxpool0', 'conv2d0'),
      { op: 'lrn', out: 'localresponsenorm0', in: 'maxpool0', ...lrn },
      conv('conv2d1', 'localresponsenorm0', 1, 1, second),
      conv('conv2d2', 'conv2d1', 3, 1, third),
      { op: 'lrn', out: 'localresponsenorm1', in: 'conv2d2', ...lrn },
      pool('maxpool1', 'localresponsenorm1'),
      ...block('mixed3a', 'maxpool1', widths.mixed3a, rules),
      ...block('mixed3b', 'mixed3a', widths.mixed3b, rules),
      { op: 'avgpool', out: 'avgpool0', in: 'mixed3b', size: MAP, stride: 1, padding: { rule: 'valid' } },
      { op: 'linear', out: 'logits', in: 'avgpool0', units: classes },
      { op: 'softmax', out: 'softmax', in: 'logits' },
    ],
  };
}

interface Shaped {
  shape: readonly number[];
}

/** Whether tensors by these names are a stem's: it ends at mixed3b, and has logits. */
export const isStem = (tensors: ReadonlyMap<string, Shaped>): boolean =>
  tensors.has('mixed3b_5x5.weight') &&
  tensors.has('logits.weight') &&
  ![...tensors.keys()].some((name) => name.startsWith('mixed4'));

/** The description that the shapes of the tensors tell. InputError: a tensor is missing, or has no such shape. */
export function stemOf(tensors: ReadonlyMap<string, Shaped>, label: string): NetworkDescription {
  return stemBy((layer) => {
    const n = tensors.get(`${layer}.weight`)?.shape[0];
    if (n === undefined || n < 1 || n > 4096)
      throw new InputError(`${label}: looks like a ${STEM}, but '${layer}.weight' is missing or empty`);
    return n;
  });
}

/** The same of a stem's first layers: of those that no tensor tells, any width will do, as nobody asks for them. */
export const stemPart = (tensors: ReadonlyMap<string, Shaped>): NetworkDescription =>
  stemBy((layer) => tensors.get(`${layer}.weight`)?.shape[0] ?? 4);

function stemBy(filters: (layer: string) => number): NetworkDescription {
  const widths = (name: string) =>
    ['1x1', '3x3_bottleneck', '3x3', '5x5_bottleneck', '5x5', 'pool_reduce'].map((part) =>
      filters(`${name}_${part}`),
    ) as Widths;
  return stemDescription(filters('logits'), {
    early: [filters('conv2d0'), filters('conv2d1'), filters('conv2d2')],
    mixed3a: widths('mixed3a'),
    mixed3b: widths('mixed3b'),
  });
}
