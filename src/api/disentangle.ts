// `disentangle`: do features mediate what is known of each attribute? Against neurons, chance and DAS.
import { disentangling } from '../pipeline/disentangle.js';
import type { DisentangledPart } from '../pipeline/disentangle-parts.js';
import { disentangleShare } from '../pipeline/shards/disentangle.js';
import { parseShare } from '../pipeline/shards/share.js';
import { type Method, parseMethod } from '../study/disentangle/methods.js';
import { checkTask } from '../study/disentangle/pairs.js';
import type { DisentangleResult } from '../study/disentangle/result.js';
import { CALL_OPTIONS, type Call, open } from './call.js';
import { inCity } from './disentangle-city.js';
import {
  type Asked,
  DISENTANGLE_OPTIONS,
  type DisentangleCall,
  type DisentangleReport,
  explorerAddress,
  ofTask,
  USUAL,
  type UseOfStudies,
  WITH_SAE,
  WITHOUT_SAE,
  written,
} from './disentangle-options.js';
import { prepareVectors } from './disentangle-vectors.js';
import { prepareVision } from './disentangle-vision.js';
import { type OpenedSae, openSae } from './open-sae.js';
import { checked } from './options.js';
import type { Platform } from './platform.js';
import { recordedCall, type ShardReport, shardReport } from './shard-call.js';
import type { ShardOption } from './shard-option.js';
import { VERSION } from './version.js';

export { DISENTANGLE_OPTIONS, type DisentangleCall, type DisentangleReport } from './disentangle-options.js';

export async function disentangle(platform: Platform, options: DisentangleCall): Promise<DisentangleReport> {
  return prepared(platform, options, async (o, _call, { studies, result }) => {
    const parts: DisentangledPart[] = [];
    for (const study of studies) parts.push(await study.whole());
    return written(platform, platform.storage(o.out), result(parts), options.commandLine);
  });
}

/** Every N-th mask; merge() makes the result of all. */
export async function disentangleShard(
  platform: Platform,
  options: DisentangleCall & Required<ShardOption>,
): Promise<ShardReport> {
  const share = parseShare(options.shard);
  return prepared(platform, options, async (o, { warn }, { studies }) => {
    const asked = { task: o.task, explorer: explorerAddress(o) };
    const kept = { call: recordedCall(platform, options), asked, warn };
    const { folder, record, reused } = await disentangleShare(platform.storage(o.out), studies, share, kept);
    return shardReport(folder.label, record, [], reused);
  });
}

/** Everything is checked and opened; closed after `use`. */
async function prepared<T>(platform: Platform, options: DisentangleCall, use: UseOfStudies<T>): Promise<T> {
  const o = checked('disentangle', DISENTANGLE_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const methods = methodsOf(o);
  explorerAddress(o);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, { engine, signal });
  try {
    if (o.task === 'city') return await inCity(platform, call, o, methods, sae, use);
    return await inTask(platform, call, { ...o, task: o.task }, methods, sae, use);
  } finally {
    sae?.dispose();
  }
}

/** The tasks of pictures and of vectors. */
async function inTask<T>(
  platform: Platform,
  call: Call,
  o: Asked & { task: 'vision' | 'vectors' },
  methods: Method[],
  sae: OpenedSae | undefined,
  use: UseOfStudies<T>,
): Promise<T> {
  const { engine, signal } = call;
  ofTask(o.task, { prompts: o.prompts, tokenizer: o.tokenizer });
  const { data, origin, model, about } =
    o.task === 'vision'
      ? await prepareVision(platform, call, o, methods, sae)
      : await prepareVectors(platform, call, o, methods, sae);
  checkTask(data.attributes, data.split);
  await platform.ensureFolder(o.out);
  const out = platform.storage(o.out);
  const { steps = USUAL.steps[o.task], batch = USUAL.batch[o.task], rate, seed, seeds, pairs } = o;
  const pool = await platform.pool(engine, model, call.warn);
  try {
    const study = await disentangling({
      ...{ engine, pool, out, signal, data, origin, methods, seed, seeds, pairs },
      progress: call.stages,
      readout: o.readout,
      options: { steps, batch, rate },
    });
    const { tap, read, ...facts } = about;
    const result = ([
      { baseline, rows, summary, attributes },
    ]: readonly DisentangledPart[]): DisentangleResult => ({
      ...{ task: o.task, tap, baseline, rows, readout: { read, attributes }, summary },
      settings: {
        ...{ model: facts.model, sae: sae?.label ?? null, hidden: facts.hidden },
        ...{ size: facts.size, beside: facts.beside, readout: o.readout ?? 'probes' },
        explorer: explorerAddress(o),
        entities: { train: data.split.train.length, test: data.split.test.length },
        ...{ seeds, steps, batch, rate, pairs, seed },
      },
      version: VERSION,
    });
    return await use(o, call, { studies: [study], result });
  } finally {
    pool.dispose();
  }
}

function methodsOf({ methods, sae }: Asked): Method[] {
  const names = methods ?? (sae === undefined ? WITHOUT_SAE : WITH_SAE);
  return [...new Set(names)].map(parseMethod);
}
