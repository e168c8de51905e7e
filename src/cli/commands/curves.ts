import { openModel } from '../../../models/open.node.js';
import { InputError, UsageError } from '../../core/errors.js';
import { listImages } from '../../images/source.node.js';
import { parseUnit, tapInfo } from '../../network/taps.js';
import type { Model } from '../../network/types.js';
import { DEFAULTS } from '../../pipeline/defaults.js';
import { nodePool } from '../../pipeline/pool.node.js';
import { studyTap } from '../../pipeline/tap-study.js';
import type { CurveResult, DetectorSet } from '../../study/curves/types.js';
import { cacheFolder } from '../cache.node.js';
import { command } from '../command.js';
import { CURVE_FLAGS, curveOptions } from '../curve-flags.js';
import { openSae } from '../open-sae.js';
import { IMAGES_FLAG, MODEL_FLAG, TAP_FLAG } from '../shared-flags.js';

export default command({
  summary: 'tuning curves, curve detectors, gaps',
  usage: '--model MODEL --tap TAP [--sae SAE]',
  flags: {
    ...MODEL_FLAG,
    ...TAP_FLAG,
    sae: { kind: 'text', value: 'SAE', help: 'also the features of this SAE' },
    units: { kind: 'list', value: 'UNIT,...', help: 'tuning curves of these units only, e.g. mixed3b:379' },
    ...IMAGES_FLAG,
    ...CURVE_FLAGS,
  },
  async run(context, values, positionals) {
    if (positionals.length)
      throw new UsageError(`unexpected argument '${positionals[0]}'; the SAE is given with --sae`);
    const engine = await context.engine();
    const options = curveOptions(values);
    const model = await openModel(values.model, engine.math, cacheFolder());
    const info = tapInfo(model.description, values.tap);
    const units = values.units?.map((text) => unitOfTap(text, model, values.tap));
    const sae = values.sae === undefined ? undefined : (await openSae(engine, values.sae)).sae;
    if (sae && sae.config.dIn !== info.channels)
      throw new InputError(
        `${values.sae}: d_in ${sae.config.dIn} does not fit tap ${values.tap} of ${info.channels} channels`,
      );
    const images = await listImages(values.images ?? [`procedural:${DEFAULTS.curveImages}`], values.seed);
    const pool = nodePool(engine, model, (message) => context.progress.warn(message));
    try {
      const { study, tuning, failures } = await studyTap({
        engine,
        pool,
        model,
        tap: values.tap,
        images,
        seed: values.seed,
        options,
        sae,
        signal: context.signal,
        progress: context.progress,
      });
      for (const failure of failures) context.progress.warn(`skipped ${failure.reason}`);
      const chosen = units ? units.map(({ text, name }) => [text, tuning.get(name)!] as const) : [...tuning];
      const json = {
        ...study,
        tuning: Object.fromEntries(chosen.map(([name, curve]) => [name, Array.from(curve)])),
      };
      context.print(json, () => describeStudy(study));
      return failures.length ? 4 : 0;
    } finally {
      pool.dispose();
    }
  },
});

/** A unit as written, and its name in this tap: `mixed3b:379` is `mixed3b_5x5:59`. */
function unitOfTap(text: string, model: Model, tap: string): { text: string; name: string } {
  const wanted = parseUnit(text, model.description).canonical;
  const first = parseUnit(`${tap}:0`, model.description).canonical;
  const index = wanted.index - first.index;
  if (wanted.tap !== first.tap || index < 0 || index >= tapInfo(model.description, tap).channels)
    throw new UsageError(`unit '${text}' is not in tap ${tap}; choose its tap with --tap`);
  return { text, name: `${tap}:${index}` };
}

function describeStudy(study: CurveResult): string {
  const table = (title: string, set: DetectorSet) => [
    `${title}: ${set.count} curve detectors, largest gap ${set.largestGapDeg.toFixed(1)} degrees`,
    ...set.detectors.map(
      (d) =>
        `  ${d.unit.padEnd(18)} ${d.orientationDeg.toFixed(1).padStart(6)} deg  peak ${d.peak.toPrecision(4).padStart(7)}  ` +
        `strength ${d.strength.toFixed(2)}  resultant ${d.resultant.toFixed(2)}  echo ${d.echo.toFixed(2)}  FWHM ${d.fwhmDeg.toFixed(1)}`,
    ),
  ];
  return [
    ...table('neurons', study.neurons),
    ...(study.features ? table('features', study.features) : []),
    ...(study.filledGaps ?? []).map(
      (g) => `gap ${g.fromDeg.toFixed(1)} to ${g.toDeg.toFixed(1)}: ${g.features.join(', ')}`,
    ),
  ].join('\n');
}
