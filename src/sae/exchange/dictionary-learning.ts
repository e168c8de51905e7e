// SAEs of the dictionary_learning library (github.com/saprmarks/dictionary_learning): ae.pt, a
// state dictionary, and config.json, whose trainer.dict_class names the class (METHODS 9.3).
// The classes: dictionary-classes.ts.

import { shown } from '../../core/errors.js';
import type { StateTensor } from '../../formats/pytorch-write.js';
import type { Tensor } from '../../formats/safetensors.js';
import { transpose } from '../memory.js';
import { architecture, architectures } from '../registry.js';
import type { SaeFolder } from '../saelens.js';
import type { SaeConfig, SaeTensors } from '../types.js';
import { CLASSES, DICT_CLASSES, type DictClass } from './dictionary-classes.js';
import {
  checkK,
  checkNames,
  checkPlain,
  type Fail,
  failAt,
  finite,
  integers,
  isObject,
  type Json,
  matrixShape,
  own,
  wholeNumber,
} from './strict.js';

export const STATE_FILE = 'ae.pt';
export const DL_CONFIG_FILE = 'config.json';
/** Where an SAE of another origin keeps what config.json said, and config.json what cfg.json said. */
const MEMORY = 'dictionary_learning';
const OWN_PART = 'curvesae';

/** What the state dictionary holds beside weights. */
interface Buffers {
  k?: number;
  threshold?: number;
  group_sizes?: number[];
}

/**
 * The SAE of a state dictionary and its config.json. InputError naming what is wrong: class,
 * keys, shapes, NaN, k, sizes that differ from config.json, an unset threshold.
 * @param labels what to call the two files in messages
 */
export function importDictionaryLearning(
  state: ReadonlyMap<string, Tensor>,
  json: Json,
  labels: { state: string; config: string },
): SaeFolder {
  const fail = failAt(labels.state);
  const failConfig = failAt(labels.config);
  const trainer = own(json, 'trainer');
  if (!isObject(trainer)) return failConfig("has no 'trainer'");
  const name = own(trainer, 'dict_class');
  if (typeof name !== 'string') return failConfig("has no 'dict_class' in its trainer");
  const found = CLASSES.get(name);
  if (!found)
    return failConfig(`dict_class '${shown(name)}' is not read here; read: ${DICT_CLASSES.join(', ')}`);
  const { keys, buffers = [], optional = [] } = found;
  const required = [...Object.keys(keys), ...buffers].filter((key) => !optional.includes(key));
  checkNames(state.keys(), required, optional, `${name}${looksLike(state, name)}`, fail);

  const encoder = Object.keys(keys).find((key) => keys[key][0] === 'W_enc')!;
  const [rows, columns] = matrixShape(encoder, state.get(encoder)!, fail);
  const sizes = keys[encoder][1] ? { d: columns, f: rows } : { d: rows, f: columns };
  for (const [key, size] of [
    ['activation_dim', sizes.d],
    ['dict_size', sizes.f],
  ] as const) {
    const said = wholeNumber(trainer, key, failConfig);
    if (said !== undefined && said !== size)
      fail(`${encoder} has shape [${rows},${columns}], but config.json says ${key} ${said}`);
  }
  const tensors: SaeTensors = {};
  for (const [key, [ours, turned]] of Object.entries(keys)) {
    const shape = shapeOf(ours, sizes);
    const data = finite(key, state.get(key)!, turned ? shape.toReversed() : shape, fail);
    tensors[ours] = { shape, data: turned ? transpose(data, shape[1], shape[0]) : data };
  }
  const extra = readBuffers(state, buffers, trainer, sizes.f, fail, failConfig);
  if (found.kind === 'jumprelu' && extra.threshold !== undefined) {
    if (extra.threshold < 0)
      fail(
        `its threshold ${extra.threshold} was never set, so it has no inference mode; train it for longer`,
      );
    tensors.threshold = { shape: [sizes.f], data: new Float32Array(sizes.f).fill(extra.threshold) };
  }
  return described(found, tensors, sizes, extra, json);
}

function described(
  { kind, architecture: usual, centresInput, buffers = [] }: DictClass,
  tensors: SaeTensors,
  { d, f }: { d: number; f: number },
  extra: Buffers,
  json: Json,
): SaeFolder {
  const { [OWN_PART]: kept, ...theirs } = json;
  const { training_architecture: trained, ...before } = isObject(kept) ? kept : {};
  const name = architectures().find((a) => a.name === trained && a.kind === kind)?.name ?? usual;
  const config: SaeConfig = { architecture: name, dIn: d, dSae: f };
  if (extra.k !== undefined) config.k = extra.k;
  if (architecture(name).centresInput !== centresInput) config.applyBDecToInput = centresInput;
  const state = buffers.length ? { state: { ...extra } } : {};
  const metadata: Json = { ...before, [MEMORY]: { ...theirs, ...state } };
  return { config, tensors, metadata };
}

const shapeOf = (ours: string, { d, f }: { d: number; f: number }): number[] => {
  if (ours === 'W_enc') return [d, f];
  if (ours === 'W_dec') return [f, d];
  return [ours === 'b_dec' ? d : f];
};

/** For a file under the wrong dict_class: the class whose keys it has. */
function looksLike(state: ReadonlyMap<string, Tensor>, name: string): string {
  for (const [other, { keys, buffers = [], optional = [] }] of CLASSES) {
    const all = [...Object.keys(keys), ...buffers];
    if (
      other !== name &&
      [...state.keys()].every((key) => all.includes(key)) &&
      all.every((key) => state.has(key) || optional.includes(key))
    )
      return ` (they are those of ${other})`;
  }
  return '';
}

function readBuffers(
  state: ReadonlyMap<string, Tensor>,
  names: readonly string[],
  trainer: Json,
  f: number,
  fail: Fail,
  failConfig: Fail,
): Buffers {
  const out: Buffers = {};
  const scalar = (name: string): Tensor | undefined => {
    const tensor = names.includes(name) ? state.get(name) : undefined;
    if (tensor?.shape.length) fail(`${name} has shape [${tensor.shape}], not that of one number`);
    return tensor;
  };
  if (names.includes('k')) {
    const tensor = scalar('k');
    const saved = tensor && integers('k', tensor, fail)[0];
    const said = wholeNumber(trainer, 'k', failConfig);
    if (saved !== undefined && said !== undefined && saved !== said)
      fail(`k is ${saved}, but config.json says ${said}`);
    const k = saved ?? said;
    if (k === undefined) return fail('has no k, and config.json has none');
    if (k < 1) fail(`k must be at least 1, not ${k}`);
    out.k = checkK(k, f, fail);
  }
  const threshold = scalar('threshold');
  if (threshold) out.threshold = finite('threshold', threshold, [], fail)[0];
  const groups = names.includes('group_sizes') ? state.get('group_sizes') : undefined;
  if (groups) {
    if (groups.shape.length !== 1) fail(`group_sizes has shape [${groups.shape}], not that of a list`);
    out.group_sizes = integers('group_sizes', groups, fail);
    if (!areGroups(out.group_sizes, f))
      fail(`group_sizes ${out.group_sizes.slice(0, 20)} must be above 0 and add up to the ${f} latents`);
  }
  return out;
}

function areGroups(sizes: readonly unknown[], f: number): boolean {
  const whole = sizes.filter((n): n is number => Number.isSafeInteger(n) && (n as number) > 0);
  return whole.length === sizes.length && whole.reduce((a, n) => a + n, 0) === f;
}

/**
 * The state dictionary and config.json of an SAE. InputError where no class of the library
 * computes what this SAE does, with the reason.
 */
export function exportDictionaryLearning(
  { config, tensors, metadata }: SaeFolder,
  label: string,
): { state: Map<string, StateTensor>; json: Json } {
  const fail = failAt(`${label}: cannot be written for dictionary_learning`);
  const { dIn: d, dSae: f } = config;
  const memory = own(metadata, MEMORY);
  const saved = own(memory, 'state');
  checkPlain(config, fail);
  const name = classFor(config, tensors, fail);
  const { keys, buffers = [], trainer } = CLASSES.get(name)!;
  const state = new Map<string, StateTensor>();
  for (const [key, [ours, turned]] of Object.entries(keys)) {
    const { shape, data } = tensors[ours];
    state.set(
      key,
      turned ? { shape: shape.toReversed(), data: transpose(data, shape[0], shape[1]) } : { shape, data },
    );
  }
  const fields: Json = { trainer_class: trainer, dict_class: name, activation_dim: d, dict_size: f };
  for (const buffer of buffers)
    if (buffer === 'k') {
      const k = kOf(config, metadata);
      if (k === undefined || k > f)
        return fail(`${name} needs a k of at most ${f}, and the SAE says ${k ?? 'none'}; give --k N`);
      state.set('k', { shape: [], data: Int32Array.of(k) });
      fields.k = k;
    } else if (buffer === 'threshold') {
      const kept = own(saved, 'threshold');
      const t = tensors.threshold?.data[0] ?? (typeof kept === 'number' ? kept : -1);
      state.set('threshold', { shape: [], data: Float32Array.of(t) });
    } else {
      const groups = groupsOf(metadata, f);
      state.set('group_sizes', { shape: [groups.length], data: BigInt64Array.from(groups, BigInt) });
      fields.group_sizes = groups;
    }
  return { state, json: configJson(config, metadata, name, fields) };
}

/** k of an SAE: its own, or the one it was trained with, which encoding by a threshold does not need. */
export function kOf(config: SaeConfig, metadata: Json): number | undefined {
  const k = config.k ?? own(own(own(metadata, MEMORY), 'state'), 'k') ?? own(metadata, 'k');
  return typeof k === 'number' && Number.isSafeInteger(k) && k > 0 ? k : undefined;
}

/** Sizes of a Matryoshka's groups: as imported, or from the ends of our nested prefixes; one group where neither is there. */
function groupsOf(metadata: Json, f: number): number[] {
  const kept = own(own(own(metadata, MEMORY), 'state'), 'group_sizes');
  if (Array.isArray(kept) && areGroups(kept, f)) return kept;
  const ends = String(own(metadata, 'groups') ?? '')
    .split(',')
    .map(Number);
  const sizes = ends.map((end, i) => end - (i ? ends[i - 1] : 0));
  return areGroups(sizes, f) ? sizes : [f];
}

/** The class that computes what this SAE does. */
function classFor(config: SaeConfig, tensors: SaeTensors, fail: Fail): string {
  const { kind, name, centresInput } = architecture(config.architecture);
  const centred = config.applyBDecToInput ?? centresInput;
  if (kind === 'standard') return centred ? 'AutoEncoder' : 'AutoEncoderNew';
  if (kind === 'jumprelu') {
    if (!centred) return 'JumpReluAutoEncoder';
    const t = tensors.threshold.data;
    const other = t.findIndex((v) => !Object.is(v, t[0]));
    if (other >= 0)
      fail(
        `it subtracts b_dec from the input and has several thresholds (${t[0]}, ${t[other]} of latent ${other}): ` +
          'JumpReluAutoEncoder does not subtract, BatchTopKSAE has one threshold',
      );
    if (t[0] < 0) fail(`its threshold ${t[0]} is negative, which BatchTopKSAE takes for unset`);
    return name === 'matryoshka' ? 'MatryoshkaBatchTopKSAE' : 'BatchTopKSAE';
  }
  const only = kind === 'gated' ? 'GatedAutoEncoder' : 'AutoEncoderTopK';
  if (!centred) fail(`${only} subtracts b_dec from the input, and this SAE does not`);
  return only;
}

/** What config.json said before, where it is of the same class; the fields that readers need; our metadata. */
function configJson(config: SaeConfig, metadata: Json, name: string, fields: Json): Json {
  const { [MEMORY]: memory, ...rest } = metadata;
  const { state: _, trainer: theirs, ...before } = isObject(memory) ? memory : {};
  const same = isObject(theirs) && own(theirs, 'dict_class') === name;
  const names: Json = {};
  if (typeof own(metadata, 'model_name') === 'string') names.lm_name = metadata.model_name;
  if (typeof own(metadata, 'hook_name') === 'string') names.submodule_name = metadata.hook_name;
  const trainer = same ? { ...fields, ...theirs, ...sizesOnly(fields) } : { ...fields, ...names };
  return {
    ...(same ? before : {}),
    trainer,
    ...(!same || own(before, 'buffer') === undefined ? { buffer: {} } : {}),
    [OWN_PART]: { ...rest, training_architecture: config.architecture },
  };
}

/** Fields that must agree with the state dictionary whatever was kept. */
function sizesOnly({ trainer_class: _, ...fields }: Json): Json {
  return fields;
}
