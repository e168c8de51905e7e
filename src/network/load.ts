// Which network a set of tensors is, from their names and shapes, and whether it is whole.
import { googlenet } from '../../models/googlenet.js';
import { inceptionv1 } from '../../models/inceptionv1.js';
import { InputError, UsageError, unknownName } from '../core/errors.js';
import { inputsOf } from './geometry.js';
import type { Model, NetworkDescription, Parameters } from './types.js';

/** A tensor as the readers of src/formats hand it over. */
export interface NamedTensor {
  shape: readonly number[];
  /** The values as f32, row-major. */
  f32(): Float32Array;
}

export interface ModelOptions {
  /** For messages and results: a file's stem, a shipped name. */
  name: string;
  sha256: string;
  classes?: string[];
  /** Refuses the other architecture, saying so. */
  architecture?: NetworkDescription['architecture'];
}

export const ARCHITECTURES = { inceptionv1, googlenet } as const;

export function description(architecture: string): NetworkDescription {
  if (!Object.hasOwn(ARCHITECTURES, architecture))
    throw unknownName('architecture', architecture, Object.keys(ARCHITECTURES));
  return ARCHITECTURES[architecture as keyof typeof ARCHITECTURES];
}

/** Layers with parameters and the shapes these have (OIHW; [out, in]). */
export function parameterShapes(
  network: NetworkDescription,
): Map<string, { weight: number[]; bias: number[] }> {
  const channels = new Map<string, number>([['input', 3]]);
  const all = new Map<string, { weight: number[]; bias: number[] }>();
  for (const layer of network.layers) {
    const from = inputsOf(layer).reduce((n, name) => n + channels.get(name)!, 0);
    const out = layer.op === 'conv' ? layer.filters : layer.op === 'linear' ? layer.units : from;
    channels.set(layer.out, out);
    if (layer.op === 'conv') all.set(layer.out, { weight: [out, from, layer.size, layer.size], bias: [out] });
    if (layer.op === 'linear') all.set(layer.out, { weight: [out, from], bias: [out] });
  }
  return all;
}

const CAFFE: Record<string, string> = {
  conv2d0: 'conv1/7x7_s2',
  conv2d1: 'conv2/3x3_reduce',
  conv2d2: 'conv2/3x3',
  logits: 'loss3/classifier',
};

/** Ways to name the parameters of a tap (METHODS 1.7). */
const NAMINGS: Record<string, (tap: string) => string> = {
  "Lucid's taps": (tap) => tap,
  'the PyTorch port': (tap) => (tap === 'logits' ? 'softmax2_pre_activation_matmul' : `${tap}_pre_relu_conv`),
  Caffe: (tap) =>
    CAFFE[tap] ??
    tap
      .replace(/^mixed(\d[a-e])_/, 'inception_$1/')
      .replace(/(\dx\d)_bottleneck$/, '$1_reduce')
      .replace(/pool_reduce$/, 'pool_proj'),
};

interface Candidate {
  network: NetworkDescription;
  naming: string;
  missing: string[];
  extra: string[];
  misshapen: string[];
  /** Tensors whose name and shape fit. */
  fitting: number;
  /** Tensors whose name fits. */
  named: number;
}

/**
 * The model that the tensors are. InputError, naming the tensors, where some are missing,
 * extra, misshapen or hold NaN or Inf, or where the file is another network's.
 */
export function modelFromTensors(tensors: Map<string, NamedTensor>, options: ModelOptions): Model {
  const { name } = options;
  const best = recognise(tensors, name);
  const { network, missing, extra, misshapen } = best;
  if (options.architecture !== undefined && options.architecture !== network.architecture) {
    description(options.architecture);
    throw new InputError(
      `${name}: these are weights of ${network.architecture}, not of ${options.architecture}; ` +
        `use --model with the file of ${options.architecture}`,
    );
  }
  if (missing.length || extra.length || misshapen.length)
    throw new InputError(
      `${name}: looks like ${network.architecture} (names of ${best.naming}) but does not fit: ` +
        [
          misshapen.length ? `${misshapen.length} misshapen (${some(misshapen)})` : '',
          missing.length ? `${missing.length} missing (${some(missing)})` : '',
          extra.length ? `${extra.length} not of this network (${some(extra)})` : '',
        ]
          .filter(Boolean)
          .join('; ') +
        '; get the whole file of the original',
    );
  const parameters: Parameters = new Map();
  for (const tap of parameterShapes(network).keys()) {
    const read = (part: string): Float32Array => {
      const label = `${NAMINGS[best.naming](tap)}.${part}`;
      const values = tensors.get(label)!.f32();
      const bad = firstNonFinite(values);
      if (bad >= 0)
        throw new InputError(
          `${name}: tensor '${label}' holds ${values[bad]} at index ${bad}; the file is damaged, get it again`,
        );
      return values;
    };
    parameters.set(tap, { weight: read('weight'), bias: read('bias') });
  }
  if (options.classes !== undefined && options.classes.length !== network.classes)
    throw new InputError(
      `${name}: ${options.classes.length} class names for the ${network.classes} classes of ${network.architecture}`,
    );
  return {
    name,
    description: network,
    parameters,
    sha256: options.sha256,
    classes: options.classes,
    lastTap: network.layers[network.layers.length - 1].out,
  };
}

function recognise(tensors: Map<string, NamedTensor>, name: string): Candidate {
  if (!tensors.size) throw new InputError(`${name}: holds no tensors; give a weights file`);
  const candidates: Candidate[] = [];
  for (const network of Object.values(ARCHITECTURES))
    for (const naming of Object.keys(NAMINGS)) candidates.push(compare(tensors, network, naming));
  const [best] = candidates.sort((a, b) => b.fitting - a.fitting || b.named - a.named);
  const torchvision = [...tensors.keys()].some(
    (k) => /^inception\d[a-e]\.branch/.test(k) || k === 'conv1.conv.weight' || k === 'conv1.bn.weight',
  );
  if (torchvision)
    throw new InputError(
      `${name}: this is a torchvision GoogLeNet (BatchNorm, no LRN, other branches, other weights), ` +
        'which is not interchangeable; use BVLC googlenet or TF inceptionv1',
    );
  if (best.named === 0)
    throw new InputError(
      `${name}: no tensor has a name of inceptionv1 or googlenet (it has ${some([...tensors.keys()])}); ` +
        'give weights with Caffe, PyTorch-port or tap names',
    );
  return best;
}

function compare(tensors: Map<string, NamedTensor>, network: NetworkDescription, naming: string): Candidate {
  const result: Candidate = { network, naming, missing: [], extra: [], misshapen: [], fitting: 0, named: 0 };
  const known = new Set<string>();
  for (const [tap, shapes] of parameterShapes(network))
    for (const part of ['weight', 'bias'] as const) {
      const label = `${NAMINGS[naming](tap)}.${part}`;
      known.add(label);
      const tensor = tensors.get(label);
      if (!tensor) {
        result.missing.push(label);
        continue;
      }
      result.named++;
      const want = shapes[part];
      if (same(tensor.shape, want)) result.fitting++;
      else
        result.misshapen.push(`${label} is [${tensor.shape}], must be [${want}]${hint(tensor.shape, want)}`);
    }
  result.extra = [...tensors.keys()].filter((k) => !known.has(k));
  return result;
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);
const hint = (have: readonly number[], want: readonly number[]): string =>
  same([...have].sort(), [...want].sort()) ? ': its axes are in another order, OIHW is read' : '';
const some = (names: string[]): string => {
  const shown = names.slice(0, 4).map((n) => (n.length > 100 ? `${n.slice(0, 100)}...` : n));
  return shown.join(', ') + (names.length > 4 ? `, and ${names.length - 4} more` : '');
};

function firstNonFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
  return -1;
}

/** Throws UsageError where `tap` lies beyond the model's last one (the embedded network stops at mixed3b). */
export function checkReach(model: Model, base: string, tap: string): void {
  const order = model.description.layers.map((l) => l.out);
  if (order.indexOf(base) > order.indexOf(model.lastTap))
    throw new UsageError(
      `${model.name} ends at tap '${model.lastTap}': it has no '${tap}'; choose an earlier tap`,
    );
}
