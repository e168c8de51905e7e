// One SAE as a bare state dictionary (.pt, .safetensors, .npz), without the configuration that its
// library keeps beside it; also inside a training checkpoint ({"model": ..., "step": ...}) and under
// a module's prefix. Told by the names and shapes of its tensors, as far as these tell:
//
//   SAELens                W_enc [D,F], b_enc, W_dec [F,D], b_dec; b_gate, b_mag, r_mag; threshold [F]
//   dictionary_learning    dictionary-classes.ts
//   sparsify               encoder.weight [F,D], encoder.bias, W_dec [F,D], b_dec
//   OpenAI, saerch         pre_bias [D], latent_bias [F], encoder.weight [F,D], decoder.weight [D,F];
//                          OpenAI's has the texts and numbers activation, activation_state_dict.k
//                          beside them, and normalises by layer_norm where the activation is TopK
//
// What they do not tell (ReLU or top-k, k, whether b_dec is subtracted) is asked for, never guessed.
import { shown, UsageError } from '../../core/errors.js';
import type { Tensor } from '../../formats/safetensors.js';
import type { Kind } from '../kinds.js';
import { transpose } from '../memory.js';
import { architecture, architectureOf } from '../registry.js';
import type { SaeFolder } from '../saelens.js';
import type { SaeConfig, SaeTensors } from '../types.js';
import { checkK, type Fail, failAt, finite, integers, isOff } from './strict.js';

/** What a file holds under a name: a tensor that is made when it is asked for, or a plain value. */
export type Leaf = (() => Tensor) | string | number | boolean;

/** What the user says about the file. */
export interface StateDictHints {
  /** --as */
  architecture?: string;
  /** --k */
  k?: number;
  /** --b-dec-to-input */
  applyBDecToInput?: boolean;
}

/** The names that each tensor has in the libraries. */
const NAMES = {
  W_enc: ['W_enc', 'encoder.weight'],
  W_dec: ['W_dec', 'decoder.weight'],
  b_enc: ['b_enc', 'encoder.bias', 'latent_bias'],
  b_dec: ['b_dec', 'bias', 'decoder.bias', 'decoder_bias', 'pre_bias'],
  b_gate: ['b_gate', 'gate_bias'],
  b_mag: ['b_mag', 'mag_bias'],
  r_mag: ['r_mag'],
  threshold: ['threshold'],
} as const;
type Role = keyof typeof NAMES;
const ROLES = Object.keys(NAMES) as Role[];

/** Read beside the tensors. */
const BUFFERS = [
  'k',
  'group_sizes',
  'activation',
  'activation_state_dict.k',
  'activation_state_dict.postact_fn',
];
/** OpenAI's counters, which tell its files from saerch's. */
const COUNTERS = ['stats_last_nonzero', 'latents_activation_frequency', 'latents_mean_square'];
/** What trainings count and note beside the weights. */
const HARMLESS = [
  ...COUNTERS,
  ...[
    'num_batches_not_active',
    'num_tokens_since_fired',
    'step',
    'steps',
    'epoch',
    'iteration',
    'global_step',
  ],
  ...['loss', 'lr', 'seed', 'device', 'dtype', 'version', 'name'],
];

/** The tensors of an SAE by role, and the plain values beside them. */
interface Found {
  tensors: Partial<Record<Role, { name: string; tensor: Tensor }>>;
  value: (name: string) => Leaf | undefined;
  d: number;
  f: number;
}

/** The SAE of a state dictionary. InputError: which tensors are wrong, or what must be said by a flag. */
export function importStateDict(
  leaves: ReadonlyMap<string, Leaf>,
  hints: StateDictHints,
  label: string,
): SaeFolder {
  const fail = failAt(label);
  const prefix = prefixOf(leaves, fail);
  const found = collect(leaves, prefix, fail);
  const { kind, name } = kindOf(found, hints, fail);
  const tensors: SaeTensors = {};
  const at = (role: Role) =>
    found.tensors[role] ?? fail(`has no ${NAMES[role].join(' or ')} under '${prefix}'`);
  const vector = (role: Role) => ({
    shape: [found.f],
    data: finite(at(role).name, at(role).tensor, [found.f], fail),
  });
  tensors.W_enc = matrix(at('W_enc'), [found.d, found.f], at('W_enc').name !== 'W_enc', fail);
  tensors.W_dec = matrix(at('W_dec'), [found.f, found.d], at('W_dec').name !== 'W_dec', fail);
  tensors.b_dec = { shape: [found.d], data: finite(at('b_dec').name, at('b_dec').tensor, [found.d], fail) };
  if (kind === 'gated')
    for (const role of ['b_gate', 'b_mag', 'r_mag'] as const) tensors[role] = vector(role);
  else tensors.b_enc = vector('b_enc');
  if (kind === 'jumprelu') tensors.threshold = thresholds(at('threshold').tensor, found.f, fail);
  const config: SaeConfig = { architecture: name, dIn: found.d, dSae: found.f };
  const k = kValue(found, hints, fail);
  if (kind === 'topk' && k === undefined)
    fail(`does not say k, the number of latents that are kept; give --k N`);
  if (k !== undefined && (kind === 'topk' || kind === 'jumprelu')) config.k = checkK(k, found.f, fail);
  else if (hints.k !== undefined) fail(`--k ${hints.k}: an SAE of kind ${kind} has no k`);
  const centred = hints.applyBDecToInput ?? centredBy(found, kind, fail);
  if (centred !== architecture(name).centresInput) config.applyBDecToInput = centred;
  if (kind === 'topk' && isOpenAi(found)) config.normalizeActivations = 'layer_norm';
  return { config, tensors, metadata: {} };
}

/** Where in the file the SAE is: what stands before the name of its encoder. */
function prefixOf(leaves: ReadonlyMap<string, Leaf>, fail: Fail): string {
  const prefixes = new Set<string>();
  for (const [name, leaf] of leaves)
    for (const own of NAMES.W_enc)
      if (typeof leaf === 'function' && (name === own || name.endsWith(`.${own}`)))
        prefixes.add(name.slice(0, name.length - own.length));
  if (!prefixes.size) fail(`holds no SAE that is read here: no tensor is named ${NAMES.W_enc.join(' or ')}`);
  if (prefixes.size > 1)
    fail(
      `holds several SAEs, under ${[...prefixes]
        .slice(0, 4)
        .map((p) => `'${shown(p)}'`)
        .join(', ')}; save one`,
    );
  return [...prefixes][0];
}

function collect(leaves: ReadonlyMap<string, Leaf>, prefix: string, fail: Fail): Found {
  const inside = new Map<string, Leaf>();
  for (const [name, leaf] of leaves) if (name.startsWith(prefix)) inside.set(name.slice(prefix.length), leaf);
  const tensors: Found['tensors'] = {};
  for (const role of ROLES) {
    const names = NAMES[role].filter((name) => typeof inside.get(name) === 'function');
    if (names.length > 1) fail(`has both ${names[0]} and ${names[1]}, which are the same tensor of an SAE`);
    if (names.length) tensors[role] = { name: names[0], tensor: (inside.get(names[0]) as () => Tensor)() };
  }
  const known = new Set<string>([...Object.values(NAMES).flat(), ...BUFFERS, ...HARMLESS]);
  for (const [name, leaf] of inside)
    if (!known.has(name) && (typeof leaf === 'function' || !isOff(leaf)) && !isElsewhere(name, prefix))
      fail(`holds '${shown(prefix + name)}', and whether it changes what the SAE computes is not known here`);
  const bias = tensors.b_dec?.tensor.shape;
  if (bias?.length !== 1)
    return fail(`needs a vector ${NAMES.b_dec.join(' or ')}, whose length is that of the SAE's input`);
  const shape = tensors.W_enc!.tensor.shape;
  if (shape.length !== 2 || !shape.includes(bias[0]) || shape.some((n) => n < 1))
    return fail(
      `${tensors.W_enc!.name} has shape [${shape}], of which neither is the length ${bias[0]} of ${tensors.b_dec!.name}`,
    );
  return { tensors, value: (name) => inside.get(name), d: bias[0], f: shape[shape[0] === bias[0] ? 1 : 0] };
}

/** At the top of a checkpoint its optimiser lies beside the SAE. */
const isElsewhere = (name: string, prefix: string): boolean =>
  prefix === '' &&
  /^(?:optimizer|scheduler|lr_scheduler|config|cfg|args)(?:_state(?:_dict)?)?(?:\.|$)/.test(name);

/** [rows, columns] from a matrix stored so or turned; where the two are equal, `usual` says which. */
function matrix(
  { name, tensor }: { name: string; tensor: Tensor },
  shape: [number, number],
  usual: boolean,
  fail: Fail,
): { shape: number[]; data: Float32Array } {
  const [rows, columns] = shape;
  const turned = rows === columns ? usual : tensor.shape[0] !== rows;
  const data = finite(name, tensor, turned ? [columns, rows] : shape, fail);
  return { shape, data: turned ? transpose(data, columns, rows) : data };
}

/** One threshold for all latents, or one each. */
function thresholds(tensor: Tensor, f: number, fail: Fail): { shape: number[]; data: Float32Array } {
  if (tensor.shape.length) return { shape: [f], data: finite('threshold', tensor, [f], fail) };
  const [t] = finite('threshold', tensor, [], fail);
  if (t < 0) fail(`its threshold ${t} was never set, so it has no inference mode; train it for longer`);
  return { shape: [f], data: new Float32Array(f).fill(t) };
}

/** Every kind that the tensors allow, and the architecture that stands for the first. */
function possibleKinds({ tensors, value }: Found, fail: Fail): { kinds: Kind[]; name?: string } {
  const activation = value('activation');
  if (tensors.b_gate || tensors.b_mag || tensors.r_mag) return { kinds: ['gated'] };
  if (activation === 'TopK' || activation === 'ReLU') {
    const after = value('activation_state_dict.postact_fn') ?? 'ReLU';
    if (after !== 'ReLU') fail(`TopK is followed by '${shown(after)}', which is not read here`);
    return { kinds: [activation === 'TopK' ? 'topk' : 'standard'] };
  }
  if (activation !== undefined && typeof activation !== 'function')
    fail(`activation '${shown(activation)}' is not read here; read: ReLU, TopK`);
  if (value('group_sizes') !== undefined) return { kinds: ['jumprelu'], name: 'matryoshka' };
  if (tensors.threshold?.tensor.shape.length) return { kinds: ['jumprelu'] };
  if (tensors.threshold && value('k') !== undefined) return { kinds: ['topk', 'jumprelu'] };
  if (tensors.threshold) return { kinds: ['jumprelu'], name: 'batchtopk' };
  if (tensors.b_dec?.name === 'bias') return { kinds: ['standard'] };
  return { kinds: ['standard', 'topk'] };
}

function kindOf(
  found: Found,
  { architecture: asked }: StateDictHints,
  fail: Fail,
): { kind: Kind; name: string } {
  const { kinds, name } = possibleKinds(found, fail);
  if (asked !== undefined) {
    const { kind } = architecture(asked);
    if (!kinds.includes(kind))
      fail(`--as ${asked}: its tensors are those of an SAE of kind ${kinds.join(' or ')}`);
    return { kind, name: asked };
  }
  if (kinds.length > 1)
    fail(
      `is of kind ${kinds.join(' or ')}, which its tensors do not tell; give --as ${kinds[0] === 'topk' ? 'topk or --as batchtopk' : 'relu, or --as topk --k N'}`,
    );
  return { kind: kinds[0], name: name ?? architectureOf(kinds[0]).name };
}

function kValue({ value }: Found, { k: asked }: StateDictHints, fail: Fail): number | undefined {
  const leaf = value('k') ?? value('activation_state_dict.k');
  const tensor = typeof leaf === 'function' ? leaf() : undefined;
  if (tensor?.shape.length) fail(`k has shape [${tensor.shape}], not that of one number`);
  const said = tensor ? integers('k', tensor, fail)[0] : leaf;
  if (said !== undefined && (typeof said !== 'number' || !Number.isSafeInteger(said) || said < 1))
    return fail(`k is ${shown(said)}, not a whole number above 0`);
  if (said !== undefined && asked !== undefined && said !== asked)
    fail(`--k ${asked}: the file says ${said}`);
  return asked ?? said;
}

/** Whether its library subtracts b_dec from the input. */
function centredBy({ tensors }: Found, kind: Kind, fail: Fail): boolean {
  if (tensors.b_dec!.name === 'decoder.bias') return false;
  if (kind === 'jumprelu' && tensors.W_enc!.name === 'W_enc' && tensors.threshold!.tensor.shape.length)
    return fail(
      'is of SAELens, which subtracts b_dec from the input, or of dictionary_learning or Gemma Scope, which do not; give --b-dec-to-input yes or no',
    );
  return true;
}

const isOpenAi = ({ tensors, value }: Found): boolean =>
  tensors.b_dec?.name === 'pre_bias' && [...COUNTERS, 'activation'].some((name) => value(name) !== undefined);

/** UsageError for what is said about a folder, which says it itself. */
export function refuseHints(hints: StateDictHints, label: string): void {
  if (Object.values(hints).some((hint) => hint !== undefined))
    throw new UsageError(`${label}: a folder says what its SAE is; --as and the like are for single files`);
}
