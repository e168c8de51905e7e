// `model list` and `model pull`: the weights in the user's cache folder.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PULLED_NAMES } from '../../models/open.node.js';
import { PUBLIC_GPT2, PUBLIC_WEIGHTS } from '../../models/public-weights.js';
import { pullFile, pullWeights } from '../../models/pull.js';
import { TRAINED } from '../../models/stem.js';
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
  const rows: ModelRow[] = ['embedded', TRAINED].map((name) => ({
    ...{ name, present: true, where: 'in the package' },
  }));
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
  name: { kind: 'text', value: 'NAME', help: 'inceptionv1, googlenet or gpt2', required: true },
} as const satisfies Options;

export interface ModelPullCall extends Omit<CallOptions, 'engine' | 'onFailure'> {
  name: 'inceptionv1' | 'googlenet' | 'gpt2';
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
  if (name === 'gpt2') return pullGpt2(options);
  if (!Object.hasOwn(PUBLIC_WEIGHTS, name)) throw unknownName('public model', name, PULLED_NAMES);
  const known = name as keyof typeof PUBLIC_WEIGHTS;
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

/** Its files as they are published: weights last, so that what `list` calls present is whole. */
async function pullGpt2({ signal, onProgress, warn }: ModelPullCall): Promise<ModelPullReport> {
  const folder = nodeStorage(cacheFolder());
  const { licence, files } = PUBLIC_GPT2;
  const stages = stagesOf(onProgress, warn);
  let reused = true;
  for (const file of files) {
    if ((await folder.size(file.keep)) !== undefined) continue;
    reused = false;
    onProgress?.({ event: 'log', text: `${file.url} (${licence})` });
    stages.start('pull');
    const bytes = await pullFile(file, {
      signal,
      onProgress: (done, total) => stages.update(done >> 10, (total ?? done) >> 10, 'KB'),
    });
    await folder.write(file.keep, bytes);
    stages.finish(`${bytes.byteLength} bytes`);
  }
  return { name: 'gpt2', file: join(folder.label, 'gpt2.safetensors'), reused };
}
