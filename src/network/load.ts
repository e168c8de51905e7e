// Which of some networks a set of tensors is, from their names and shapes, and whether it is whole.
import { InputError, UsageError, unknownName } from '../core/errors.js';
import { parameterShapes } from './geometry.js';
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
  /** Refuses another architecture, saying so. */
  architecture?: string;
}

/** A way to name the parameters of a layer: `<of(layer)>.weight`, `.bias`. */
export interface Naming {
  /** Whose names they are, for messages. */
  name: string;
  of(layer: string): string;
}

/** What a file may hold. */
export interface Candidate {
  network: NetworkDescription;
  naming: Naming;
}

interface Fit extends Candidate {
  missing: string[];
  extra: string[];
  misshapen: string[];
  /** Tensors whose name and shape fit. */
  fitting: number;
  /** Tensors whose name fits. */
  named: number;
}

/**
 * The model that the tensors are: the candidate that fits best. InputError, naming the tensors, where some
 * are missing, extra, misshapen or hold NaN or Inf, or where the file is another network's.
 */
export function fitModel(
  tensors: ReadonlyMap<string, NamedTensor>,
  candidates: readonly Candidate[],
  options: ModelOptions,
): Model {
  const { name } = options;
  const best = bestFit(tensors, candidates, name);
  const { network, naming } = best;
  checkArchitecture(network, candidates, options);
  checkWhole(best, name);
  const parameters: Parameters = new Map();
  for (const [layer, shapes] of parameterShapes(network)) {
    const read = (part: string): Float32Array => {
      const label = `${naming.of(layer)}.${part}`;
      const values = tensors.get(label)!.f32();
      const bad = firstNonFinite(values);
      if (bad >= 0)
        throw new InputError(
          `${name}: tensor '${label}' holds ${values[bad]} at index ${bad}; the file is damaged, get it again`,
        );
      return values;
    };
    parameters.set(layer, {
      weight: read('weight'),
      bias: shapes.bias[0] ? read('bias') : new Float32Array(0),
    });
  }
  if (options.classes !== undefined && options.classes.length !== network.classes)
    throw new InputError(
      `${name}: ${options.classes.length} class names for the ${network.classes ?? 0} classes of ${network.architecture}`,
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

function checkArchitecture(
  { architecture }: NetworkDescription,
  candidates: readonly Candidate[],
  { name, architecture: wanted }: ModelOptions,
): void {
  if (wanted === undefined || wanted === architecture) return;
  const known = architecturesOf(candidates);
  if (!known.includes(wanted)) throw unknownName('architecture', wanted, known);
  throw new InputError(
    `${name}: these are weights of ${architecture}, not of ${wanted}; use --model with the file of ${wanted}`,
  );
}

function checkWhole({ network, naming, missing, extra, misshapen }: Fit, name: string): void {
  if (!missing.length && !extra.length && !misshapen.length) return;
  throw new InputError(
    `${name}: looks like ${network.architecture} (names of ${naming.name}) but does not fit: ` +
      [
        misshapen.length ? `${misshapen.length} misshapen (${some(misshapen)})` : '',
        missing.length ? `${missing.length} missing (${some(missing)})` : '',
        extra.length ? `${extra.length} not of this network (${some(extra)})` : '',
      ]
        .filter(Boolean)
        .join('; ') +
      '; get the whole file of the original',
  );
}

function bestFit(
  tensors: ReadonlyMap<string, NamedTensor>,
  candidates: readonly Candidate[],
  name: string,
): Fit {
  if (!tensors.size) throw new InputError(`${name}: holds no tensors; give a weights file`);
  const fits = candidates.map((candidate) => compare(tensors, candidate));
  const [best] = fits.sort((a, b) => b.fitting - a.fitting || b.named - a.named);
  if (best.named === 0) {
    const namings = [...new Set(candidates.map(({ naming }) => naming.name))];
    throw new InputError(
      `${name}: no tensor has a name of ${architecturesOf(candidates).join(' or ')} (it has ${some([...tensors.keys()])}); ` +
        `give weights with names of ${namings.join(', or of ')}`,
    );
  }
  return best;
}

const architecturesOf = (candidates: readonly Candidate[]): string[] => [
  ...new Set(candidates.map(({ network }) => network.architecture)),
];

function compare(tensors: ReadonlyMap<string, NamedTensor>, candidate: Candidate): Fit {
  const fit: Fit = { ...candidate, missing: [], extra: [], misshapen: [], fitting: 0, named: 0 };
  const known = new Set<string>();
  for (const [layer, shapes] of parameterShapes(candidate.network))
    for (const part of ['weight', 'bias'] as const) {
      const want = shapes[part];
      if (!want[0]) continue;
      const label = `${candidate.naming.of(layer)}.${part}`;
      known.add(label);
      const tensor = tensors.get(label);
      if (!tensor) {
        fit.missing.push(label);
        continue;
      }
      fit.named++;
      if (same(tensor.shape, want)) fit.fitting++;
      else
        fit.misshapen.push(
          `${label} is [${tensor.shape}], must be [${want}]${hint(tensor.shape, want, shapes.axes)}`,
        );
    }
  fit.extra = [...tensors.keys()].filter((k) => !known.has(k));
  return fit;
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);
const hint = (have: readonly number[], want: readonly number[], axes: string): string =>
  same([...have].sort(), [...want].sort()) ? `: its axes are in another order, ${axes} is read` : '';
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
