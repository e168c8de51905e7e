// `eval --truth` of a store of hidden neurons: which of them an SAE finds, and what finds them as well.
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import { parseSafetensors } from '../formats/safetensors.js';
import type { LoadedSae } from '../sae/inference.js';
import { baselines, kmeansBaseline, type Recovery, recovery } from '../study/hidden/recovery.js';
import { icaOnThreads } from '../units/bases/ica.js';
import { evenRows } from '../vectors/even-rows.js';
import { hidingMatrix } from '../vectors/hiding.js';
import type { Vectors } from '../vectors/store.js';
import type { Call } from './call.js';
import type { Platform } from './platform.js';

/** Vectors that the baselines see. */
const MOST_VECTORS = 20_000;
const LARGEST_TRUTH_BYTES = 2 ** 31 - 1;

/** Neurons that a row of the decoder points to within a cosine of .9. */
export interface HiddenTruth extends Recovery {
  /** The same of the neurons that were named. */
  units?: Recovery;
  /** Dictionaries that are no SAE. */
  baselines: Record<'random' | 'pca' | 'ica' | 'kmeans', Recovery & { units?: Recovery }>;
}

/** The directions of hidden neurons, [neurons][d]. InputError: `path` is the truth of another store. */
export async function hiddenDirections(
  platform: Platform,
  engine: Engine,
  { manifest, hash }: Vectors,
  path: string,
): Promise<{ count: number; data: Float32Array }> {
  const { hidden } = manifest!.recipe;
  const data = hidingMatrix(engine.math, hidden!.neurons, hidden!);
  const another = (): never => {
    throw new InputError(`${path}: is not the truth of these hidden neurons; give the store itself`);
  };
  if (path.endsWith('.safetensors')) {
    const bytes = await platform.readFile(path, LARGEST_TRUTH_BYTES, '--truth takes truth.safetensors');
    const given = parseSafetensors(bytes, path).tensors.get('directions')?.f32();
    if (given?.length !== data.length || !given.every((v, i) => v === data[i])) another();
  } else if (path !== OWN_TRUTH && (await platform.openVectors(path)).hash !== hash) another();
  return { count: hidden!.neurons, data };
}

/** --truth without a value: that of the store. */
export const OWN_TRUTH = 'store';

/** Numbers of neurons named as `12` or `mixed3b_5x5:12`. UsageError: no such neuron. */
export function neuronsNamed(units: readonly string[] | undefined, neurons: number): number[] | undefined {
  return units?.map((text) => {
    const unit = Number(text.slice(text.lastIndexOf(':') + 1));
    if (!Number.isInteger(unit) || unit < 0 || unit >= neurons)
      throw new UsageError(`--units: '${text}' is none of the ${neurons} hidden neurons`);
    return unit;
  });
}

export async function hiddenTruth(
  { engine, signal, stages, pool }: Call & { pool: Pool },
  sae: LoadedSae,
  vectors: Vectors,
  truth: { count: number; data: Float32Array },
  only: readonly number[] | undefined,
): Promise<HiddenTruth> {
  const { dIn: d, dSae } = sae.config;
  const of = (rows: { count: number; data: Float32Array }, signed = false) => ({
    ...recovery(engine, truth, rows, d, { signed }),
    ...(only && { units: recovery(engine, truth, rows, d, { signed, only }) }),
  });
  const source = vectors.source('train');
  const x = await evenRows(source, MOST_VECTORS);
  const { seed } = vectors.manifest!.recipe;
  stages.start('other dictionaries');
  const independent = await icaOnThreads({ math: engine.math, pool, signal }, x, d, seed);
  const found = [
    ...baselines(engine, x, d, dSae, seed, independent),
    await kmeansBaseline(engine, x, d, dSae, seed, { pool, signal }),
  ];
  stages.finish(found.map(({ name }) => name).join(', '));
  return {
    ...of({ count: dSae, data: sae.tensors.W_dec.data }),
    baselines: Object.fromEntries(
      found.map(({ name, rows, signed }) => [name, of(rows, signed)]),
    ) as HiddenTruth['baselines'],
  };
}
