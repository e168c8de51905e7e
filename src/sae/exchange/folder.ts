// An SAE folder of any of the three formats, told by its files, and one written as any of them; an SAE file.
import { InputError } from '../../core/errors.js';
import { parseNpz } from '../../formats/npz.js';
import type { Pieces } from '../../formats/pieces.js';
import { isPyTorch, parsePyTorch, parsePyTorchTree } from '../../formats/pytorch.js';
import { pytorchPieces } from '../../formats/pytorch-write.js';
import { parseSafetensors, type Tensor } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import { readTensors } from '../../formats/tensor-reader.js';
import {
  CONFIG_FILE,
  loadSaeFolder,
  type SaeFolder,
  type SaeMetadata,
  saveSae,
  WEIGHTS_FILE,
} from '../saelens.js';
import {
  DL_CONFIG_FILE,
  exportDictionaryLearning,
  importDictionaryLearning,
  STATE_FILE,
} from './dictionary-learning.js';
import { exportSparsify, importSparsify, SPARSIFY_CONFIG, SPARSIFY_WEIGHTS } from './sparsify.js';
import { importStateDict, type Leaf, type StateDictHints } from './state-dict.js';
import { readJson } from './strict.js';

export type SaeFormat = 'saelens' | 'dictionary_learning' | 'sparsify';

/** Weights and configuration of each format. The configuration is written last: with it, the folder is whole. */
export const FORMAT_FILES: Record<SaeFormat, { weights: string; config: string }> = {
  saelens: { weights: WEIGHTS_FILE, config: CONFIG_FILE },
  dictionary_learning: { weights: STATE_FILE, config: DL_CONFIG_FILE },
  sparsify: { weights: SPARSIFY_WEIGHTS, config: SPARSIFY_CONFIG },
};
export const SAE_FORMATS = Object.keys(FORMAT_FILES) as SaeFormat[];

/** The format whose weights file and configuration are in a folder; undefined where none is. InputError where several are. */
export async function saeFormat(storage: Storage): Promise<SaeFormat | undefined> {
  const found: SaeFormat[] = [];
  for (const format of SAE_FORMATS) {
    const { weights, config } = FORMAT_FILES[format];
    if ((await storage.size(weights)) !== undefined && (await storage.size(config)) !== undefined)
      found.push(format);
  }
  if (found.length > 1)
    throw new InputError(
      `${storage.label}: holds an SAE in several formats (${found.map((f) => FORMAT_FILES[f].weights).join(', ')}); keep one`,
    );
  return found[0];
}

/** Reads a folder of any format. InputError where it is none, or its content is wrong. */
export async function loadAnySae(storage: Storage): Promise<SaeFolder & { format: SaeFormat }> {
  const format = await saeFormat(storage);
  if (format === undefined)
    throw new InputError(
      `${storage.label}: not a finished SAE folder; it needs ${SAE_FORMATS.map((f) => `${FORMAT_FILES[f].config} and ${FORMAT_FILES[f].weights} (${f})`).join(', or ')}; a state dictionary is given as the file itself`,
    );
  return { ...(await READERS[format](storage)), format };
}

const READERS: Record<SaeFormat, (storage: Storage) => Promise<SaeFolder>> = {
  saelens: loadSaeFolder,
  dictionary_learning: async (storage) => {
    const json = await readJson(storage, DL_CONFIG_FILE);
    const label = `${storage.label}/${STATE_FILE}`;
    const { tensors } = parsePyTorch(await storage.read(STATE_FILE), label);
    return importDictionaryLearning(tensors, json, {
      state: label,
      config: `${storage.label}/${DL_CONFIG_FILE}`,
    });
  },
  sparsify: async (storage) => {
    const cfg = await readJson(storage, SPARSIFY_CONFIG);
    const label = `${storage.label}/${SPARSIFY_WEIGHTS}`;
    const { tensors } = await readTensors(storage, SPARSIFY_WEIGHTS);
    return importSparsify(tensors, cfg, { weights: label, config: `${storage.label}/${SPARSIFY_CONFIG}` });
  },
};

/** The SAE of one file, a bare state dictionary: .safetensors, .npz, or PyTorch's. */
export function loadSaeFile(
  bytes: Uint8Array,
  label: string,
  hints: StateDictHints,
): SaeFolder & { format: 'state_dict' } {
  return { ...importStateDict(leavesOf(bytes, label), hints, label), format: 'state_dict' };
}

function leavesOf(bytes: Uint8Array, label: string): Map<string, Leaf> {
  if (/\.npz$/i.test(label)) {
    const entries = [...parseNpz(bytes, label)];
    return new Map(entries.map(([name, { shape, data }]) => [name, () => tensorOf(shape, data)]));
  }
  if (isPyTorch(bytes)) return parsePyTorchTree(bytes, label);
  const { tensors } = parseSafetensors(bytes, label);
  return new Map([...tensors].map(([name, tensor]) => [name, () => tensor]));
}

const tensorOf = (shape: number[], data: Float32Array): Tensor => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  f32: () => data,
});

/** Writes `sae` in a format, the configuration last. InputError where the format cannot say what it computes. */
export async function saveSaeAs(
  storage: Storage,
  format: SaeFormat,
  sae: SaeFolder,
  label: string,
): Promise<void> {
  if (format === 'saelens') {
    const { training_architecture: _, ...metadata } = sae.metadata;
    return saveSae(storage, sae.config, sae.tensors, metadata as SaeMetadata);
  }
  const { weights, config } = FORMAT_FILES[format];
  let bytes: Pieces;
  let json: Record<string, unknown>;
  if (format === 'dictionary_learning') {
    const out = exportDictionaryLearning(sae, label);
    bytes = pytorchPieces(out.state);
    json = out.json;
  } else {
    const out = exportSparsify(sae, label);
    bytes = out.weights;
    json = out.cfg;
  }
  await storage.write(weights, bytes);
  await storage.write(config, `${JSON.stringify(json, null, 2)}\n`);
}
