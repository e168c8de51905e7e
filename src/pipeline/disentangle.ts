// The disentangling study in a folder: frozen probes, the two ends of the scale, and one part for each mask, named by
// what made it, so that a repeated call takes what is finished and trains the rest.
import type { Engine, EngineInfo } from '../core/engine.js';
import { numericsOf } from '../core/features.js';
import { canonicalJson, sha256, shortHash } from '../core/hash.js';
import type { Pool } from '../core/pool.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import type { CityOptions } from '../study/disentangle/city/city.js';
import type {
  CityData,
  CityEndsPayload,
  CityMaskPayload,
  CityPayload,
} from '../study/disentangle/city/tasks.js';
import type { Ends, Trained } from '../study/disentangle/job.js';
import type { TaskData, VisionEntities } from '../study/disentangle/materials.js';
import type { Method } from '../study/disentangle/methods.js';
import { nearestProbe } from '../study/disentangle/nearest.js';
import { answerOf, logitsOf, trainProbe } from '../study/disentangle/probes.js';
import {
  type DisentangleResult,
  type DisentangleRow,
  type ReadOut,
  readAttributes,
  rowOf,
  summaries,
} from '../study/disentangle/result.js';
import type { EndsPayload, MaskPayload, ReadPayload } from '../study/disentangle/tasks.js';
import type { Attribute, EntitySplit, MaskOptions, Probe, ReadoutKind } from '../study/disentangle/types.js';
import { picked } from '../vectors/matrix.js';
import type { StageEnvironment } from './environment.js';
import { completeFile } from './stage.js';

export interface Disentangling extends StageEnvironment {
  engine: Engine;
  pool: Pool;
  /** What is disentangled, without the probes that are trained here. */
  data: Omit<TaskData, 'probes'>;
  /** Identity of the network and of the vectors, as far as `data` does not say it. */
  origin: object;
  methods: readonly Method[];
  /** `probes` unless given. */
  readout?: ReadoutKind;
  options: Omit<MaskOptions, 'seed'>;
  /** Seeds of masks: seed, seed + 1, ... */
  seed: number;
  seeds: number;
  /** Held-out pairs that each mask is judged on. */
  pairs: number;
}

export type DisentangledPart = Pick<DisentangleResult, 'baseline' | 'rows' | 'summary'> & {
  attributes: DisentangleResult['readout']['attributes'];
};

/** Pictures whose readings are one task. */
const SLICE = 40;

export async function disentangling(of: Disentangling): Promise<DisentangledPart> {
  const { engine, data, origin, progress } = of;
  const { attributes, split, sae } = data;
  const entities =
    data.entities.kind === 'vision'
      ? plain({ ...data.entities, pictures: await named(data.entities.pictures) })
      : await digest(data.entities.x, data.entities.d);
  const kernels = kernelsOf(engine.info());
  const key = await shortHash({ entities, origin, kernels });
  const facts = {
    entities: key,
    attributes: attributes.map(plain),
    split: plain(split),
    format: 1,
    ...kindOf(of),
  };
  const weights = sae && (await digestOf(sae.tensors));

  progress.start('read-out');
  const readout = withProbes(await part(of, 'readout', facts, () => readOut(of, key)));
  progress.finish(
    attributes
      .map(
        ({ name }, a) => `${name} ${readout.accuracy[a].toFixed(2)} (chance ${readout.chance[a].toFixed(2)})`,
      )
      .join(', '),
  );
  const payload = {
    data: { ...data, probes: readout.probes },
    keys: { data: await shortHash({ facts, weights }), entities: key },
    pairs: of.pairs,
  };
  const { ends, rows } = await trainedParts(of, {
    attributes: attributes.map(({ name }) => name),
    facts: { ...facts, pairs: of.pairs },
    weights,
    optionsOf: (seed) => ({ ...of.options, seed }),
    ends: (seed) => ['disentangle-ends', { ...payload, seed } satisfies EndsPayload],
    mask: (method, attribute, options) => [
      'disentangle-mask',
      { ...payload, method, attribute, options } satisfies MaskPayload,
    ],
  });
  return partOf(rows, readAttributes(attributes, readout, ends));
}

function partOf(rows: DisentangleRow[], read: DisentangledPart['attributes']): DisentangledPart {
  return {
    baseline: Object.fromEntries(Object.entries(read).map(([name, { noop }]) => [name, noop.disentangle])),
    ...{ rows, summary: summaries(rows), attributes: read },
  };
}

/** What masks are made by: a task of the pool with its payload, and the identity that a part is kept under. */
interface Making<O extends { seed: number }> {
  attributes: readonly string[];
  facts: object;
  /** Digest of the SAE, where there is one. */
  weights: string | undefined;
  optionsOf(seed: number): O;
  ends(seed: number): [task: string, payload: object];
  mask(method: Method, attribute: number, options: O): [task: string, payload: object];
}

/** The ends for each seed, and a row for each method, attribute and seed; each is a part of its own. */
async function trainedParts<O extends { seed: number }>(
  of: StageEnvironment & Pick<Disentangling, 'pool' | 'methods' | 'seed' | 'seeds'>,
  { attributes, facts, weights, optionsOf, ends: endsTask, mask }: Making<O>,
): Promise<{ ends: Ends[]; rows: DisentangleRow[] }> {
  const { pool, progress, signal } = of;
  const seeds = Array.from({ length: of.seeds }, (_, i) => of.seed + i);
  const works = of.methods.flatMap((method) =>
    attributes.flatMap((name, attribute) => seeds.map((seed) => ({ method, name, attribute, seed }))),
  );
  progress.start('masks');
  let done = 0;
  const step = (detail: string) => progress.update(++done, works.length + seeds.length, 'masks', detail);
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
  ];
  await sideBySide(jobs, pool.width, signal);
  progress.finish(`${works.length} masks`);
  return { ends, rows };
}

export interface CityStudy
  extends StageEnvironment,
    Pick<Disentangling, 'engine' | 'pool' | 'methods' | 'seed' | 'seeds'> {
  data: CityData;
  /** Identity of the network. */
  origin: object;
  options: Omit<CityOptions, 'seed'>;
}

/** The same of prompts before a language model (study/disentangle/city). */
export async function cityStudy(of: CityStudy): Promise<DisentangledPart> {
  const { engine, data, origin, progress, pool, signal } = of;
  const { sae, sets, tap, at } = data;
  const facts = { sets: plain(sets), tap, at, origin, kernels: kernelsOf(engine.info()), format: 1 };
  const weights = sae && (await digestOf(sae.tensors));
  const base: CityPayload = { data, key: await shortHash({ facts, weights }) };
  progress.start('answers');
  const answers = await part(of, 'answers', facts, () =>
    pool.run<{ accuracy: number[]; chance: number[] }>('city-answers', base, [], signal),
  );
  progress.finish(
    sets
      .map(
        ({ name }, a) =>
          `${name} ${answers.accuracy[a].toFixed(2)} right (chance ${answers.chance[a].toFixed(2)})`,
      )
      .join(', '),
  );
  const optionsOf = (seed: number): CityOptions => ({ ...of.options, seed });
  const { ends, rows } = await trainedParts(of, {
    attributes: sets.map(({ name }) => name),
    ...{ facts: { ...facts, batch: of.options.batch }, weights, optionsOf },
    ends: (seed) => ['city-ends', { ...base, options: optionsOf(seed) } satisfies CityEndsPayload],
    mask: (method, attribute, options) => [
      'city-mask',
      { ...base, method, attribute, options } satisfies CityMaskPayload,
    ],
  });
  const attributes = sets.map(({ name, labels }) => ({ name, classes: [...new Set(labels)].sort() }));
  return partOf(rows, readAttributes(attributes, answers, ends));
}

/** Parts made with probes, which had no name before there was another read-out, keep theirs. */
const kindOf = ({ readout }: Pick<Disentangling, 'readout'>) => (readout === 'nearest' ? { readout } : {});

/** Read-outs as they were before they were JSON: numbers of f32. */
const withProbes = (readout: ReadOut): ReadOut => ({
  ...readout,
  probes: readout.probes.map((probe) =>
    'neighbours' in probe
      ? {
          ...probe,
          neighbours: Float32Array.from(probe.neighbours),
          labels: Int32Array.from(probe.labels),
        }
      : { weight: Float32Array.from(probe.weight), bias: Float32Array.from(probe.bias) },
  ),
});

const kernelsOf = ({ build, buildId }: EngineInfo): object => ({ buildId, numerics: numericsOf(build) });

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
async function part<T extends object>(
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

/** Patches by what they hold; curves are numbers already. */
const named = (pictures: VisionEntities['pictures']): Promise<object[]> =>
  Promise.all(
    pictures.map(async (picture) =>
      'pixels' in picture ? { patch: await sha256(picture.pixels) } : picture,
    ),
  );

/** Typed arrays as lists. */
const plain = (value: object): object =>
  JSON.parse(JSON.stringify(value, (_, v) => (ArrayBuffer.isView(v) ? Array.from(v as Float32Array) : v)));

async function readOut(
  { engine, pool, data, signal, readout }: Disentangling,
  key: string,
): Promise<ReadOut> {
  const { entities, attributes, split } = data;
  if (entities.kind === 'vectors')
    return probesOf(engine, attributes, split, entities.x, entities.d, readout);
  const slices: Float32Array[] = [];
  const starts = Array.from({ length: Math.ceil(entities.pictures.length / SLICE) }, (_, i) => i * SLICE);
  await pool.mapOrdered<number, Float32Array>(
    starts,
    (from) => {
      const to = Math.min(entities.pictures.length, from + SLICE);
      return { name: 'disentangle-read', payload: { entities, key, from, to } satisfies ReadPayload };
    },
    (slice) => void slices.push(slice),
    { ahead: 1, signal },
  );
  const width = slices[0].length / Math.min(SLICE, entities.pictures.length);
  const x = new Float32Array(width * entities.pictures.length);
  for (const [i, slice] of slices.entries()) x.set(slice, starts[i] * width);
  return probesOf(engine, attributes, split, x, width, readout);
}

function probesOf(
  engine: Engine,
  attributes: readonly Attribute[],
  { train, test }: EntitySplit,
  x: Float32Array,
  width: number,
  kind: ReadoutKind = 'probes',
): ReadOut {
  const seen = picked(x, train, width);
  const probes = attributes.map((attribute) =>
    kind === 'nearest'
      ? nearestProbe(seen, width, train, attribute)
      : trainProbe(engine, seen, width, train, attribute),
  );
  const right = ({ labels }: Attribute, answer: (i: number) => number) =>
    test.filter((i) => answer(i) === labels[i]).length / test.length;
  const answers = (probe: Probe) => (i: number) =>
    answerOf(logitsOf(probe, x.subarray(i * width, (i + 1) * width)));
  return {
    probes,
    accuracy: attributes.map((attribute, a) => right(attribute, answers(probes[a]))),
    chance: attributes.map((attribute) => {
      const common = commonest(attribute, train);
      return right(attribute, () => common);
    }),
  };
}

function commonest({ classes, labels }: Attribute, rows: Int32Array): number {
  const counts = new Int32Array(classes.length);
  for (const i of rows) counts[labels[i]]++;
  return counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
}

const digest = async (x: Float32Array, d: number): Promise<object> => ({
  d,
  sha256: await sha256(new Uint8Array(x.buffer, x.byteOffset, x.byteLength)),
});

async function digestOf(tensors: Readonly<Record<string, { data: Float32Array }>>): Promise<string> {
  const sums: Record<string, object> = {};
  for (const [name, { data }] of Object.entries(tensors)) sums[name] = await digest(data, 0);
  return sha256(canonicalJson(sums));
}
