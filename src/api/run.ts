// `run`: the main job, end to end.
import { CHECKSUMS_FILE, writeChecksums } from '../formats/checksums.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { runJob } from '../pipeline/job.js';
import type { JobResult } from '../study/result.js';
import { checkBatch } from '../vectors/batches.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { checkSampling, spatialTap, trainingVectors } from './checks.js';
import {
  CONTROLS_OPTION,
  type ControlsOption,
  CURVE_OPTIONS,
  controlKinds,
  curveOptions,
  IMAGES_OPTION,
  type ImagesOption,
  MODEL_OPTION,
  type ModelOption,
  type OutOption,
  SAMPLING_OPTIONS,
  type SamplingOptions,
  SEED_OPTION,
  type StimulusOptions,
  TAP_OPTION,
  type TapOption,
} from './groups.js';
import { checked, type Options } from './options.js';
import type { ImagesSpec, ModelSpec, Platform } from './platform.js';
import { TRAIN_OPTIONS, type TrainingOptions, trainSettings } from './training-options.js';
import { VERSION } from './version.js';

export const RUN_OPTIONS = {
  ...MODEL_OPTION,
  ...IMAGES_OPTION,
  ...TAP_OPTION,
  ...SAMPLING_OPTIONS,
  ...TRAIN_OPTIONS,
  ...CURVE_OPTIONS,
  seeds: {
    kind: 'integer',
    value: 'N',
    help: 'SAEs of N seeds on one stream: features count as found where most of them have it',
    min: 1,
    max: 100,
    default: DEFAULTS.seeds,
  },
  ...CONTROLS_OPTION,
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'folder of the results; repeating the command reuses what is finished',
    required: true,
    object: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of run(). `out`: folder of the results; a repeated call reuses what is finished. */
export interface RunCall
  extends ModelOption,
    ImagesOption,
    TapOption,
    SamplingOptions,
    TrainingOptions,
    StimulusOptions,
    ControlsOption,
    OutOption,
    SeedOption,
    CallOptions {
  /** SAEs that are trained, of the seeds `seed`, `seed` + 1, ...; 1 unless given. The first one is studied. */
  seeds?: number;
  /** What the report says it was made by. */
  commandLine?: string;
}

/** result.json. `report`: the page's file in `out`; null where pages are not drawn (in a browser). */
export type RunReport = Omit<JobResult, 'report'> & { report: string | null };

export async function run(platform: Platform, options: RunCall): Promise<RunReport> {
  const o = checked('run', RUN_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const curves = curveOptions(o);
  const { seed, seeds } = o;
  const controls = controlKinds(o.controls, true);
  const call = await open(platform, options);
  const { engine, signal, stages } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const info = spatialTap(model, o.tap);
  checkSampling(model, info, o.excludeBorder);
  const train = trainSettings(o, info.channels, seed);
  const specs = o.images ?? 'procedural';
  const listed = await platform.listImages(specs, seed, { signal, warn: call.warn });
  checkBatch(train.batch, trainingVectors(listed.length, o.perImage));
  await platform.ensureFolder(o.out);
  const out = platform.storage(o.out);
  const { build, workers } = engine.info();
  call.log(
    `${model.name} (${model.description.architecture}), tap ${o.tap}, ${listed.length} images, ${build} build, ${workers} workers`,
  );
  const pool = await platform.pool(engine, model, call.warn);
  try {
    if ((await out.size('result.json')) === undefined) pool.warm(); // there is work for them
    const { hash: imagesHash, images } = await platform.nameImages(listed);
    const { result, details } = await runJob(
      {
        engine,
        pool,
        model,
        images,
        imagesHash,
        out,
        version: VERSION,
        inputs: inputsOf(platform, o.model, specs),
        signal,
        progress: stages,
      },
      {
        tap: o.tap,
        perImage: o.perImage,
        sample: o.sample,
        excludeBorder: o.excludeBorder,
        seed,
        train,
        curves,
        seeds,
        controls,
        crops: platform.report !== undefined,
      },
    );
    const report = platform.report ? result.report : null;
    const text = `${JSON.stringify({ ...result, report }, null, 2)}\n`;
    await out.remove(CHECKSUMS_FILE); // those of the result before
    await out.write('result.json', text);
    if (platform.report) {
      const extras = { ...details, commandLine: options.commandLine, curves };
      await out.write(result.report, await platform.report.run(result, extras));
    }
    await writeChecksums(out, { 'result.json': text });
    for (const failure of result.failures) call.skipped(failure);
    return { ...result, report };
  } finally {
    pool.dispose();
  }
}

/** Where network and pictures were, where both can be said in words. */
function inputsOf(platform: Platform, model: ModelSpec, images: ImagesSpec) {
  const list = Array.isArray(images) ? images : [images];
  const words = [model, ...list].map((spec) =>
    typeof spec === 'string' || spec instanceof URL ? platform.absolute(String(spec)) : undefined,
  );
  if (words.includes(undefined)) return undefined;
  const [first, ...rest] = words as string[];
  return { model: first, images: rest };
}
