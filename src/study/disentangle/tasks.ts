// Tasks of the disentangling study: what is read of some pictures, one mask, and the two ends of the scale.
import { Rng } from '../../core/random.js';
import type { ImageFailure, ImageRef } from '../../images/types.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import { endsOf, type Material, trainedMask } from './job.js';
import {
  SeenPictures,
  type TaskData,
  type VectorEntities,
  type VisionEntities,
  vectorMaterial,
  visionMaterial,
} from './materials.js';
import type { Method } from './methods.js';
import { type Patch, patchesOf } from './patches.js';
import type { MaskOptions } from './types.js';

export const disentangleTasks: Record<string, Task> = {
  'disentangle-patches': patches,
  'disentangle-read': read,
  'disentangle-mask': mask,
  'disentangle-ends': ends,
};

/** Patches of one photograph of `side` pixels; its place in the list seeds where they are. */
export interface PatchesPayload {
  ref: ImageRef;
  side: number;
  size: number;
  apex: number;
  most: number;
  seed: number;
  index: number;
}

export type PatchesResult = { failure: ImageFailure } | { patches: Patch[] };

/** Pictures [from, to): what is read of them as they are, [pictures][width]. */
export interface ReadPayload {
  entities: VisionEntities;
  /** Identity of `entities`: a thread computes a picture once. */
  key: string;
  from: number;
  to: number;
}

export interface DataPayload {
  data: TaskData;
  /** Identities of `data` and of its entities. */
  keys: { data: string; entities: string };
  /** Pairs to be judged on. */
  pairs: number;
}

export interface MaskPayload extends DataPayload {
  method: Method;
  attribute: number;
  options: MaskOptions;
}

export interface EndsPayload extends DataPayload {
  seed: number;
}

const STREAM_PATCHES = 65;

async function patches(
  { ref, side, seed, index, ...cut }: PatchesPayload,
  context: TaskContext,
): Promise<TaskResult> {
  const picture = await context.picture(ref, side);
  if (!(picture instanceof Float32Array)) return { value: { failure: picture } satisfies PatchesResult };
  const { math } = context.engine;
  const found = patchesOf(math, picture, side, cut, new Rng(seed, STREAM_PATCHES + 1000 * index));
  return { value: { patches: found } satisfies PatchesResult };
}

const seen = (entities: VisionEntities, key: string, context: TaskContext): SeenPictures =>
  context.keep('disentangle pictures', key, () => new SeenPictures(context, entities));

async function read({ entities, key, from, to }: ReadPayload, context: TaskContext): Promise<TaskResult> {
  const pictures = seen(entities, key, context);
  const { width } = pictures.reading;
  const value = new Float32Array((to - from) * width);
  for (let i = from; i < to; i++) value.set(pictures.reading.plain(i), (i - from) * width);
  return { value, transfer: [value.buffer] };
}

function materialOf({ data, keys }: DataPayload, context: TaskContext): Material {
  const { engine } = context;
  return context.keep('disentangle', keys.data, () => {
    const { entities } = data;
    return entities.kind === 'vision'
      ? visionMaterial(engine, seen(entities, keys.entities, context), { ...data, entities })
      : vectorMaterial(engine, { ...data, entities } as TaskData & { entities: VectorEntities });
  }).material;
}

async function mask(payload: MaskPayload, context: TaskContext): Promise<TaskResult> {
  const { method, attribute, options, pairs } = payload;
  const started = performance.now();
  const trained = await trainedMask(materialOf(payload, context), method, attribute, options, pairs);
  return { value: { ...trained, seconds: (performance.now() - started) / 1000 } };
}

async function ends(payload: EndsPayload, context: TaskContext): Promise<TaskResult> {
  return { value: endsOf(materialOf(payload, context), payload.seed, payload.pairs) };
}
