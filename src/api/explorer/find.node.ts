// The network and the photographs of a run: where the flags say, or where the run had them.
// Found means: with the very hashes of result.json.
import { stat } from 'node:fs/promises';
import { openModel } from '../../../models/open.node.js';
import { CurvesaeError } from '../../core/errors.js';
import type { CoreMath } from '../../core/math.js';
import { listImages, nameImages } from '../../images/source.node.js';
import type { ImageRef } from '../../images/types.js';
import type { Model } from '../../network/types.js';
import type { Found } from '../../study/facts/data.js';
import type { RunFolder } from '../../study/facts/run-folder.js';
import type { JobResult } from '../../study/result.js';

/** `flag`: what --model gave. `cache`: folder of pulled weights. */
export async function findModel(
  { result }: RunFolder,
  flag: string | undefined,
  math: CoreMath,
  cache: string,
): Promise<Found<Model>> {
  const specs = [flag, result.inputs?.model, result.model.name].filter(
    (s): s is string => typeof s === 'string',
  );
  return firstThat<string, Model>(specs, '--model', async (spec) => {
    const model = await openModel(spec, math, cache);
    if (model.sha256 === result.model.sha256) return { value: model };
    return { reason: `${spec}: not the weights of this run (other SHA-256)` };
  });
}

/** `flag`: what --images gave. */
export async function findImages(
  { result }: RunFolder,
  flag: readonly string[] | undefined,
): Promise<Found<readonly ImageRef[]>> {
  const sets = [flag, given(result), [`procedural:${result.activations.images}`]].filter(
    (s): s is string[] => Array.isArray(s) && s.every((spec) => typeof spec === 'string'),
  );
  return firstThat<string[], readonly ImageRef[]>(sets, '--images', async (specs) => {
    const listed = await listImages(specs, result.seed, () => {}); // the run has said it
    const { hash, images } = await nameImages(listed);
    if (hash === result.hashes.images) return { value: images };
    return { reason: `${specs.join(', ')}: not the images of this run (names or contents differ)` };
  });
}

const given = ({ inputs }: JobResult): string[] | undefined => inputs?.images;

/** The reason that is given is that of the first try: what the user asked for, or what the run had. */
async function firstThat<S, T>(
  tries: S[],
  flag: string,
  open: (spec: S) => Promise<Found<T>>,
): Promise<Found<T>> {
  let reason: string | undefined;
  for (const spec of tries) {
    try {
      const found = await open(spec);
      if ('value' in found) return found;
      reason ??= found.reason;
    } catch (error) {
      if (!(error instanceof CurvesaeError)) throw error;
      reason ??= error.message;
    }
  }
  return { reason: `${reason ?? 'not known where'}; say where with ${flag}` };
}

/** Whether a path is a folder. */
export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
