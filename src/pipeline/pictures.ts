// Pictures of what units look for, in a folder: each batch with a record that says what it was made from, so that a
// repeated call takes what is finished and whole and paints the rest.
import { InputError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import type { Pool } from '../core/pool.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import { encodePng } from '../images/png-write.js';
import type { Model } from '../network/types.js';
import { type Painted, type PictureJob, paintAll } from '../study/visualize/pictures.js';
import type { Objective } from '../study/visualize/types.js';
import { fileStem } from '../units/unit.js';
import type { StageProgress } from './progress.js';

/** What each finished batch leaves. */
const RECORDS = 'records';

/** A picture in visualize.json. */
export interface VisualizedImage {
  unit: string;
  /** PNG in the folder. */
  file: string;
  objective: 'neuron' | 'channel';
  /** The objective on the first and on the last picture, as they are. */
  before: number;
  after: number;
  /** `after` over the 99.9th percentile of the unit's activations on the photographs of `activations`; null: not measured. */
  strength: number | null;
  seed: number;
  steps: number;
}

/** 99.9th percentile of a unit or feature as it is written, where the vectors know it. */
export type Strengths = ReadonlyMap<string, number>;

/** A picture as it grows: RGB, [size][size][3]. */
export type OnPicture = (picture: {
  unit: string;
  index: number;
  step: number;
  size: number;
  rgb: Uint8Array;
}) => void;

export interface Gallery {
  model: Model;
  buildId: string;
  storage: Storage;
  strengths: Strengths;
  /** Asked for where something is to be painted. */
  pool(): Promise<Pool>;
  progress: Pick<StageProgress, 'start' | 'update' | 'finish'>;
  log(message: string): void;
  signal?: AbortSignal;
  onPicture?: OnPicture;
}

/** The pictures of all jobs, in their order. Aborted: the signal's reason; what is finished stays. */
export async function pictures(gallery: Gallery, jobs: readonly PictureJob[]): Promise<VisualizedImage[]> {
  const works = await Promise.all(jobs.map((job) => workOf(job, gallery)));
  await paintMissing(gallery, works);
  const images: VisualizedImage[] = [];
  for (const work of works) images.push(...(await finished(gallery.storage, work))!);
  return images;
}

interface Work {
  job: PictureJob;
  /** Hash of everything that the pictures depend on. */
  identity: string;
  /** Of their files. */
  stem: string;
  percentile: number | undefined;
}

async function workOf(job: PictureJob, { model, buildId, strengths }: Gallery): Promise<Work> {
  const { unit, objective, options } = job;
  const identity = await sha256(
    canonicalJson({ model: model.sha256, buildId, unit, options, objective: plain(objective) }),
  );
  const stem = fileStem(unit) ?? `joint-${identity.slice(0, 12)}`;
  return { job, identity, stem, percentile: strengths.get(unit) };
}

/** An objective as JSON has it. */
const plain = ({ terms, diversity }: Objective): object => ({
  ...(diversity && { diversity }),
  terms: terms.map(({ vector, ...rest }) => ({ ...rest, ...(vector && { vector: Array.from(vector) }) })),
});

/** The images of a batch that is finished and whole; undefined: it must be painted. */
async function finished(
  storage: Storage,
  { identity, stem, percentile }: Work,
): Promise<VisualizedImage[] | undefined> {
  const records = storage.sub(RECORDS);
  const name = `${stem}.json`;
  if ((await records.size(name)) === undefined) return undefined;
  try {
    const record = parseJsonObject(await records.read(name), `${RECORDS}/${name}`);
    if (record.identity !== identity) return undefined;
    const images = record.images as (VisualizedImage & { sha256: string })[];
    for (const { file, sha256: digest } of images)
      if ((await sha256(await storage.read(file))) !== digest) return undefined;
    return images.map(({ sha256: _, ...image }) => ({
      ...image,
      strength: percentile ? Math.max(0, image.after) / percentile : null,
    }));
  } catch (error) {
    if (error instanceof InputError) return undefined; // cut short, or a picture is gone: made again
    throw error;
  }
}

async function paintMissing(gallery: Gallery, works: readonly Work[]): Promise<void> {
  const { storage, progress, signal, onPicture } = gallery;
  const missing: Work[] = [];
  for (const work of works) if (!(await finished(storage, work))) missing.push(work);
  if (!missing.length) {
    gallery.log(`${works.length} of ${works.length} units are there already`);
    return;
  }
  const steps = ({ job }: Work): number => job.options.steps;
  const total = missing.reduce((n, work) => n + steps(work), 0);
  progress.start('visualize');
  const pool = await gallery.pool();
  let done = 0;
  try {
    await paintAll(
      pool,
      missing.map(({ job }) => job),
      {
        signal,
        onLeg: ({ unit, options: { size } }, { rgb, pictures }, gone) => {
          done += gone;
          const { step } = pictures[0];
          progress.update(done, total, 'steps', unit);
          for (const [index, picture] of rgb.entries())
            onPicture?.({ unit, index, step, size, rgb: picture });
        },
        onPainted: (painted) => write(storage, works.find(({ job }) => job === painted.job)!, painted),
      },
    );
  } finally {
    pool.dispose();
  }
  progress.finish(
    `${missing.length} units${missing.length < works.length ? `, ${works.length - missing.length} reused` : ''}`,
  );
}

/** The pictures, then the record that says they are whole. */
async function write(
  storage: Storage,
  { identity, stem }: Work,
  { job, before, after, rgb }: Painted,
): Promise<void> {
  const { size, seed, steps } = job.options;
  const images = [];
  for (const [i, pixels] of rgb.entries()) {
    const file = `${stem}${rgb.length > 1 ? `-${i + 1}` : ''}.png`;
    const png = encodePng(pixels, size, size);
    await storage.write(file, png);
    const objective = job.objective.terms[0].where === 'centre' ? 'neuron' : 'channel';
    images.push({
      ...{ unit: job.unit, file, objective, before: before[i], after: after[i], strength: null, seed, steps },
      sha256: await sha256(png),
    });
  }
  await storage.sub(RECORDS).write(`${stem}.json`, `${JSON.stringify({ identity, images }, null, 1)}\n`);
}
