// `disentangle`: do features mediate what is known of each attribute? Against neurons, chance and DAS.
import { type DisentangledPart, disentangling } from '../pipeline/disentangle.js';
import { type Method, parseMethod } from '../study/disentangle/methods.js';
import { checkTask } from '../study/disentangle/pairs.js';
import type { DisentangleResult } from '../study/disentangle/result.js';
import { CALL_OPTIONS, open } from './call.js';
import { disentangleCity } from './disentangle-city.js';
import {
  type Asked,
  DISENTANGLE_OPTIONS,
  type DisentangleCall,
  type DisentangleReport,
  explorerAddress,
  ofTask,
  USUAL,
  WITH_SAE,
  WITHOUT_SAE,
  written,
} from './disentangle-options.js';
import { prepareVectors } from './disentangle-vectors.js';
import { prepareVision } from './disentangle-vision.js';
import { openSae } from './open-sae.js';
import { checked } from './options.js';
import type { Platform } from './platform.js';
import { VERSION } from './version.js';

export { DISENTANGLE_OPTIONS, type DisentangleCall, type DisentangleReport } from './disentangle-options.js';

export async function disentangle(platform: Platform, options: DisentangleCall): Promise<DisentangleReport> {
  const o = checked('disentangle', DISENTANGLE_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const methods = methodsOf(o);
  const explorer = explorerAddress(o);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, { engine, signal });
  try {
    if (o.task === 'city')
      return await disentangleCity(platform, call, { ...o, commandLine: options.commandLine }, methods, sae);
    ofTask(o.task, { prompts: o.prompts, tokenizer: o.tokenizer });
    const prepared =
      o.task === 'vision'
        ? await prepareVision(platform, call, o, methods, sae)
        : await prepareVectors(platform, call, o, methods, sae);
    const { data, origin, model, about } = prepared;
    checkTask(data.attributes, data.split);
    await platform.ensureFolder(o.out);
    const out = platform.storage(o.out);
    const { steps = USUAL.steps[o.task], batch = USUAL.batch[o.task], rate, seed, seeds, pairs } = o;
    const pool = await platform.pool(engine, model, call.warn);
    let part: DisentangledPart;
    try {
      part = await disentangling({
        ...{ engine, pool, out, signal, data, origin, methods, seed, seeds, pairs },
        progress: call.stages,
        readout: o.readout,
        options: { steps, batch, rate },
      });
    } finally {
      pool.dispose();
    }
    const { baseline, rows, summary, attributes } = part;
    const { tap, read, ...facts } = about;
    const result: DisentangleResult = {
      ...{ task: o.task, tap, baseline, rows, readout: { read, attributes }, summary },
      settings: {
        ...{ model: facts.model, sae: sae?.label ?? null, hidden: facts.hidden },
        ...{ size: facts.size, beside: facts.beside, readout: o.readout ?? 'probes' },
        explorer,
        entities: { train: data.split.train.length, test: data.split.test.length },
        ...{ seeds, steps, batch, rate, pairs, seed },
      },
      version: VERSION,
    };
    return await written(platform, out, result, options.commandLine);
  } finally {
    sae?.dispose();
  }
}

function methodsOf({ methods, sae }: Asked): Method[] {
  const names = methods ?? (sae === undefined ? WITHOUT_SAE : WITH_SAE);
  return [...new Set(names)].map(parseMethod);
}
