// `model list` and `model pull`: the weights in the user's cache folder.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PULLED_NAMES } from '../../models/open.node.js';
import { PUBLIC_WEIGHTS } from '../../models/public-weights.js';
import { pullWeights } from '../../models/pull.js';
import { unknownName } from '../core/errors.js';
import { nodeStorage } from '../formats/storage.node.js';
import { cacheFolder } from './cache.node.js';
import { CALL_OPTIONS, type CallOptions, stagesOf } from './call.js';
import { checked, type Options } from './options.js';

export interface ModelRow {
  name: string;
  /** It can be used without a download. */
  present: boolean;
  where: string;
}

/** The networks that have a name. */
export async function modelList(): Promise<ModelRow[]> {
  const rows: ModelRow[] = [{ name: 'embedded', present: true, where: 'in the package' }];
  for (const name of PULLED_NAMES) {
    const where = join(cacheFolder(), `${name}.safetensors`);
    const present = await stat(where).then(
      () => true,
      () => false,
    );
    rows.push({ name, present, where });
  }
  return rows;
}

const PULL_OPTIONS = {
  name: { kind: 'text', value: 'NAME', help: 'inceptionv1 or googlenet', required: true },
} as const satisfies Options;

export interface ModelPullCall extends Omit<CallOptions, 'engine' | 'onFailure'> {
  name: 'inceptionv1' | 'googlenet';
}

export interface ModelPullReport {
  name: string;
  /** The weights, in the cache folder. */
  file: string;
  /** It was there already. */
  reused: boolean;
}

/** Downloads published weights, and the names of their classes where these are published with them. */
export async function modelPull(options: ModelPullCall): Promise<ModelPullReport> {
  const { name } = checked('model.pull', PULL_OPTIONS, options, CALL_OPTIONS);
  const { signal, onProgress } = options;
  if (!Object.hasOwn(PUBLIC_WEIGHTS, name)) throw unknownName('public model', name, PULLED_NAMES);
  const known = name as (typeof PULLED_NAMES)[number];
  const source = PUBLIC_WEIGHTS[known];
  const folder = nodeStorage(cacheFolder());
  const file = `${name}.safetensors`;
  const reused = (await folder.size(file)) !== undefined;
  if (!reused) {
    onProgress?.({ event: 'log', text: `${source.url} (${source.licence})` });
    const stages = stagesOf(onProgress, options.warn);
    stages.start('pull');
    const { weights, classes } = await pullWeights(known, source, {
      signal,
      onProgress: (done, total) => stages.update(done >> 10, (total ?? done) >> 10, 'KB'),
    });
    if (classes) await folder.write(`${name}.classes.json`, JSON.stringify(classes));
    await folder.write(file, weights);
    stages.finish(`${weights.byteLength} bytes`);
  }
  return { name, file: join(folder.label, file), reused };
}
