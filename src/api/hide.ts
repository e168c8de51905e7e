// `hide`: a store whose neurons are hidden behind a known matrix.
import { UsageError } from '../core/errors.js';
import { hideStore } from '../vectors/hidden-store.js';
import { type Hiding, hidingMatrix, hidingText } from '../vectors/hiding.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import {
  ACTIVATIONS_OPTION,
  type ActivationsOption,
  type OutOption,
  SEED_OPTION,
  STORE_OUT_OPTION,
} from './groups.js';
import { checked, type Options } from './options.js';
import type { Platform } from './platform.js';

export const HIDE_OPTIONS = {
  rotate: { kind: 'switch', help: 'x Q, Q a random orthogonal matrix: no neuron keeps its axis' },
  project: {
    kind: 'integer',
    value: 'N',
    help: 'x P, P of random unit rows in N dimensions, fewer than neurons: superposition',
    min: 1,
  },
  'sum-pairs': {
    kind: 'switch',
    help: 'every axis the sum of two neurons, each neuron in two of them: what decompose is to take apart',
  },
  ...STORE_OUT_OPTION,
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of hide(): a store as `activations`, and one of `rotate`, `project`, `sumPairs`. */
export interface HideCall extends ActivationsOption, OutOption, SeedOption, CallOptions {
  /** x' = x Q, Q random and orthogonal. */
  rotate?: boolean;
  /** Dimensions that the neurons are projected to, fewer than there are neurons. */
  project?: number;
  /** Every axis is the sum of two neurons, over the square root of 2. */
  sumPairs?: boolean;
}

export interface HideReport {
  /** Folder of the store; the truth is `truth.safetensors` in it. */
  store: string;
  hash: string;
  /** How, as in an SAE's cfg.json: `rotate 96, seed 0`. */
  hidden: string;
  neurons: number;
  /** Width of a hidden vector. */
  dIn: number;
  vectors: number;
  reused: boolean;
}

export async function hide(platform: Platform, options: HideCall): Promise<HideReport> {
  const o = checked('hide', { ...ACTIVATIONS_OPTION, ...HIDE_OPTIONS }, options, CALL_OPTIONS);
  if (Number(o.rotate) + Number(o.project !== undefined) + Number(o.sumPairs) !== 1)
    throw new UsageError('hide needs one of --rotate, --project N and --sum-pairs');
  const call = await open(platform, options);
  const { engine, signal, stages } = call;
  const { manifest, storage: from } = await platform.openVectors(o.activations);
  if (!manifest || !from)
    throw new UsageError('hide takes an activation store; make one with curvesae activations');
  const hiding: Hiding = {
    kind: o.rotate ? 'rotate' : o.sumPairs ? 'pairs' : 'project',
    width: o.project ?? manifest.dIn,
    seed: o.seed,
  };
  hidingMatrix(engine.math, manifest.dIn, hiding);
  await platform.ensureFolder(o.out);
  stages.start('hide');
  const {
    storage,
    manifest: made,
    reused,
  } = await hideStore({
    ...{ engine, manifest, hiding, signal, storage: from, root: platform.storage(o.out) },
    onProgress: (done, total) => stages.update(done, total, 'shards'),
  });
  const vectors = made.shards.reduce((n, s) => n + s.rows.train + s.rows.heldout, 0);
  stages.finish(`${vectors} vectors of ${made.dIn}${reused ? ', reused' : ''}`);
  return {
    store: storage.label,
    hash: made.hash,
    hidden: hidingText(hiding),
    neurons: manifest.dIn,
    ...{ dIn: made.dIn, vectors, reused },
  };
}
