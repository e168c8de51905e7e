// Parts of a disentangling study: what each mask and each end of the scale gave, named by what made it, so that a repeated
// call takes what is finished and trains the rest, here or on another machine.
import type { Engine, EngineInfo } from '../core/engine.js';
import { numericsOf } from '../core/features.js';
import { canonicalJson, sha256, shortHash } from '../core/hash.js';
import type { Pool } from '../core/pool.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import type { Ends, Trained } from '../study/disentangle/job.js';
import type { Method } from '../study/disentangle/methods.js';
import {
  type DisentangleResult,
  type DisentangleRow,
  rowOf,
  summaries,
} from '../study/disentangle/result.js';
import type { StageEnvironment } from './environment.js';
import { completeFile } from './stage.js';

/** What is common to studies of masks. */
export interface MaskStudy extends StageEnvironment {
  engine: Engine;
  pool: Pool;
  methods: readonly Method[];
  /** Seeds of masks: seed, seed + 1, ... */
  seed: number;
  seeds: number;
}

export type DisentangledPart = Pick<DisentangleResult, 'baseline' | 'rows' | 'summary'> & {
  attributes: DisentangleResult['readout']['attributes'];
};

export function partOf(rows: DisentangleRow[], read: DisentangledPart['attributes']): DisentangledPart {
  return {
    baseline: Object.fromEntries(Object.entries(read).map(([name, { noop }]) => [name, noop.disentangle])),
    ...{ rows, summary: summaries(rows), attributes: read },
  };
}

/** What masks are made by: a task of the pool with its payload, and the identity that a part is kept under. */
export interface Making<O extends { seed: number }> {
  attributes: readonly string[];
  facts: object;
  /** Digest of the SAE, where there is one. */
  weights: string | undefined;
  optionsOf(seed: number): O;
  ends(seed: number): [task: string, payload: object];
  mask(method: Method, attribute: number, options: O): [task: string, payload: object];
}

/** Parts that a study trains: the ends of each seed, and a mask for each method, attribute and seed. */
export const partCount = (
  { methods, seeds }: Pick<MaskStudy, 'methods' | 'seeds'>,
  attributes: number,
): number => seeds * (1 + methods.length * attributes);

/** Which parts are made, by their number. */
export interface OwnParts {
  has(i: number): boolean;
  /** One of them is finished. */
  onDone?(): void;
}

/** A study that is ready to be made: all of it, or some of its parts. */
export interface StudyInParts {
  /** What determines its result. */
  identity: object;
  /** Parts that are trained. */
  count: number;
  whole(): Promise<DisentangledPart>;
  /** Keeps `own` parts, and what they need, in `out`. */
  some(out: Storage, own: OwnParts): Promise<void>;
}

/** The ends for each seed, and a row for each method, attribute and seed, as far as they are `own`; each is a part of its own. */
export async function trainedParts<O extends { seed: number }>(
  of: MaskStudy,
  { attributes, facts, weights, optionsOf, ends: endsTask, mask }: Making<O>,
  own: OwnParts = { has: () => true },
): Promise<{ ends: Ends[]; rows: DisentangleRow[] }> {
  const { pool, progress, signal } = of;
  const seeds = Array.from({ length: of.seeds }, (_, i) => of.seed + i);
  const works = of.methods.flatMap((method) =>
    attributes.flatMap((name, attribute) => seeds.map((seed) => ({ method, name, attribute, seed }))),
  );
  progress.start('masks');
  let done = 0;
  const step = (detail: string) => {
    progress.update(++done, jobs.length, 'masks', detail);
    own.onDone?.();
  };
  const ends: Ends[] = [];
  const rows: DisentangleRow[] = [];
  const jobs = [
    ...seeds.map((seed, i) => async () => {
      const [name, payload] = endsTask(seed);
      ends[i] = await part(of, 'ends', { ...facts, seed }, () => pool.run<Ends>(name, payload, [], signal));
      step('no-op and full patch');
    }),
    ...works.map(({ method, name, attribute, seed }, i) => async () => {
      const options = optionsOf(seed);
      const needs = method.kind === 'sae' || method.kind === 'random-sae' ? { sae: weights } : {};
      const made = { ...facts, ...needs, method: method.name, attribute: name, options };
      const [task, payload] = mask(method, attribute, options);
      const trained = await part(of, 'masks', made, () =>
        pool.run<Trained & { seconds: number }>(task, payload, [], signal),
      );
      rows[i] = rowOf(method.name, name, seed, trained);
      step(`${method.name}, ${name}: ${trained.score.disentangle.toFixed(2)}`);
    }),
  ].filter((_, i) => own.has(i));
  await sideBySide(jobs, pool.width, signal);
  progress.finish(`${Math.min(jobs.length, works.length)} masks`);
  return { ends, rows };
}

export const kernelsOf = ({ build, buildId }: EngineInfo): object => ({
  buildId,
  numerics: numericsOf(build),
});

/** As many at a time as there are threads: what waits is not begun, so that an interruption ends soon. */
async function sideBySide(
  jobs: readonly (() => Promise<void>)[],
  width: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < jobs.length) {
      signal?.throwIfAborted();
      await jobs[next++]();
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** What `make` gives, kept as JSON below `<name>/` under its identity. */
export async function part<T extends object>(
  { out, progress }: StageEnvironment,
  name: string,
  identity: object,
  make: () => Promise<T>,
): Promise<T> {
  const folder: Storage = out.sub(name).sub(await shortHash(identity));
  const file = `${name}.json`;
  const { value } = await completeFile(
    folder,
    file,
    async () => new TextEncoder().encode(`${JSON.stringify(plain(await make()))}\n`),
    async () => parseJsonObject(await folder.read(file), `${folder.label}/${file}`) as unknown as T,
    progress.warn,
  );
  return value;
}

/** Typed arrays as lists. */
export const plain = (value: object): object =>
  JSON.parse(JSON.stringify(value, (_, v) => (ArrayBuffer.isView(v) ? Array.from(v as Float32Array) : v)));

export const digest = async (x: Float32Array, d: number): Promise<object> => ({
  d,
  sha256: await sha256(new Uint8Array(x.buffer, x.byteOffset, x.byteLength)),
});

export async function digestOf(tensors: Readonly<Record<string, { data: Float32Array }>>): Promise<string> {
  const sums: Record<string, object> = {};
  for (const [name, { data }] of Object.entries(tensors)) sums[name] = await digest(data, 0);
  return sha256(canonicalJson(sums));
}
