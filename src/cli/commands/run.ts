import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openModel } from '../../../models/open.node.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { imageSetHash, listImages } from '../../images/source.node.js';
import { checkTap } from '../../network/taps.js';
import { runJob } from '../../pipeline/job.js';
import { nodePool } from '../../pipeline/pool.node.js';
import { writeReport } from '../../report/report.js';
import type { JobResult } from '../../study/result.js';
import { cacheFolder } from '../cache.node.js';
import { command } from '../command.js';
import { CURVE_FLAGS, curveOptions } from '../curve-flags.js';
import {
  IMAGES_FLAG,
  MODEL_FLAG,
  SAMPLING_FLAGS,
  TAP_FLAG,
  TRAIN_FLAGS,
  trainSettings,
} from '../shared-flags.js';
import { version } from '../version.js';

export default command({
  summary: 'the main job: network, activations, SAE, curves, report',
  usage: '[--model MODEL] [--images DIR] [--tap TAP] --out DIR',
  flags: {
    ...MODEL_FLAG,
    ...IMAGES_FLAG,
    ...TAP_FLAG,
    ...SAMPLING_FLAGS,
    ...TRAIN_FLAGS,
    ...CURVE_FLAGS,
    out: {
      kind: 'text',
      value: 'DIR',
      help: 'folder of the results; repeating the command reuses what is finished',
      required: true,
    },
  },
  async run(context, values) {
    const { progress, signal } = context;
    const engine = await context.engine();
    const curves = curveOptions(values);
    const model = await openModel(values.model, engine.math, cacheFolder());
    checkTap(model.description, values.tap);
    const images = await listImages(values.images ?? ['procedural'], values.seed);
    const out = nodeStorage(values.out);
    progress.log(
      `${model.name} (${model.description.architecture}), tap ${values.tap}, ${images.length} images, ${engine.info().build} build, ${engine.info().workers} workers`,
    );
    const pool = nodePool(engine, model, (message) => progress.warn(message));
    try {
      const { result, details } = await runJob(
        {
          engine,
          pool,
          model,
          images,
          imagesHash: await imageSetHash(images),
          out,
          version: version(),
          inputs: {
            model: absolute(values.model),
            images: (values.images ?? ['procedural']).map(absolute),
          },
          signal,
          progress,
        },
        {
          tap: values.tap,
          perImage: values['per-image'],
          sample: values.sample as 'uniform' | 'norm',
          excludeBorder: values['exclude-border'],
          seed: values.seed,
          train: { expansion: values.expansion, ...trainSettings(values) },
          curves,
        },
      );
      await out.write('result.json', `${JSON.stringify(result, null, 2)}\n`);
      await out.write(
        result.report,
        await writeReport(result, {
          ...details,
          commandLine: context.commandLine,
          curves,
        }),
      );
      for (const failure of result.failures) progress.warn(`skipped ${failure.reason}`);
      context.print(result, () => summary(result, values.out));
      return result.failures.length ? 4 : 0;
    } finally {
      pool.dispose();
    }
  },
});

/** Paths are absolute, so that the explorer finds them from any folder; names stay names. */
const absolute = (spec: string): string => (/[/\\.*]/.test(spec) || existsSync(spec) ? resolve(spec) : spec);

function summary(r: JobResult, out: string): string {
  const { neurons, features, filledGaps } = r.curves;
  const lines = [
    `neurons:  ${neurons.count} curve detectors, largest gap ${neurons.largestGapDeg.toFixed(1)} degrees`,
    `features: ${features?.count ?? 0} curve detectors, largest gap ${(features?.largestGapDeg ?? 360).toFixed(1)} degrees`,
    ...(filledGaps ?? []).map(
      (g) =>
        `gap ${g.fromDeg.toFixed(0)} to ${g.toDeg.toFixed(0)} degrees: filled by ${g.features.length} features (${g.features.join(', ')})`,
    ),
    `SAE: ${r.sae.architecture}, ${r.sae.dIn} -> ${r.sae.dSae}, L0 ${r.sae.l0.toFixed(1)}, FVU ${r.sae.fvu.toFixed(4)}, gamma ${r.sae.gamma.toFixed(3)}, dead ${(100 * r.sae.deadFraction).toFixed(1)} %`,
  ];
  if (r.groundTruth)
    lines.push(
      `planted features recovered: ${r.groundTruth.recovered} of ${r.groundTruth.total}, mean max cosine ${r.groundTruth.meanMaxCosine.toFixed(3)}`,
    );
  if (r.failures.length) lines.push(`${r.failures.length} images could not be used (see result.json)`);
  lines.push(`report: ${out.replace(/\/$/, '')}/${r.report}`);
  return lines.join('\n');
}
