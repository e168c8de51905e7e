// The curve study of a tap on its own: stimuli for the tuning curves, pictures for the percentiles, both
// through the pool, nothing written.
import type { Engine } from '../core/engine.js';
import type { ImageFailure } from '../images/types.js';
import { cosines } from '../sae/cosines.js';
import type { LoadedSae } from '../sae/inference.js';
import { evaluate } from '../sae/metrics.js';
import { type ControlInput, DRAWS, randomControl } from '../study/curves/controls.js';
import { EVIDENCE } from '../study/curves/evidence.js';
import { apartDeg } from '../study/curves/natural.js';
import type { CurveOptions } from '../study/curves/options.js';
import type { ActivationStatistics } from '../study/curves/statistics.js';
import { neuronCurves, type TuningCurves } from '../study/curves/tuning.js';
import type { MeasuredTap } from '../study/curves/tuning-file.js';
import type { Controls, CurveResult, Detector, DetectorSet, Spread } from '../study/curves/types.js';
import { type VerdictFacts, verdict } from '../study/curves/verdict.js';
import { RECOVERED, type Recovery, recovery } from '../study/hidden/recovery.js';
import { parseUnit } from '../units/unit.js';
import { evenRows } from '../vectors/even-rows.js';
import { type Hiding, hide, hidingMatrix, hidingText } from '../vectors/hiding.js';
import type { Places } from '../vectors/places.js';
import type { VectorSource } from '../vectors/types.js';
import { chanceControls, controlInput, firing, untrainedSae } from './controls.js';
import { measuredOf, measuredText, measureTap, namesOf, studyMeasured } from './curves.js';
import type { ControlKind } from './defaults.js';
import type { StageProgress } from './progress.js';
import { type ReferenceSample, type Referred, referenceSample, sourceOf } from './reference.js';
import { trainOptions } from './training.js';

export interface TapStudy extends Omit<Referred, 'excludeBorder' | 'weightsSeed' | 'progress'> {
  options: CurveOptions;
  /** Beside an SAE; none: []. */
  controls: readonly ControlKind[];
  /** Its features are studied, too. */
  sae?: LoadedSae;
  /** How the tap's neurons were hidden from the SAE. */
  hiding?: Hiding;
  progress: StageProgress;
}

/** What the hidden neurons are, and what an SAE that never saw them shows of them. */
export interface HiddenStudy {
  hidden: string;
  /** The tap's own curve detectors. */
  neurons: DetectorSet;
  /** Of all neurons, and of the curve detectors among them, those that a decoder row points to. */
  recovered: Recovery;
  curves: Recovery;
  /** Curve detectors that a curve feature shows: it points their way, and is turned as they are within 10 degrees. */
  shown: number;
  /** What chance gives beside the axes that are left, which are what `study.neurons` counts. */
  axes?: AxesChance;
}

/** As many random directions as axes that fire often enough, as rare as these; p: share of draws with as many detectors. */
export interface AxesChance {
  of: number;
  detectors: Spread;
  draws: number;
  p: number;
}

export interface TapStudied {
  /** With an SAE, and what chance gives. */
  study: CurveResult & { controls?: Controls };
  /** Of hidden neurons. */
  truth?: HiddenStudy;
  verdict: string;
  /** Tuning curves by `<tap>:<unit>` and `f<feature>`. */
  tuning: Map<string, Float32Array>;
  /** Pictures that could not be used. */
  failures: ImageFailure[];
}

/** InputError: not one picture could be used. */
export async function studyTap(job: TapStudy): Promise<TapStudied> {
  const { engine, tap, sae, progress, options } = job;
  progress.start('pictures');
  const { reference, places, failures, used } = await referenceSample(job);
  progress.finish(`${used} images`);
  progress.start('curves');
  const drawn = await measureTap({ ...job, places }, options, progress, job.signal);
  progress.finish(measuredText(options));
  if (job.hiding) return studyHidden(job, job.hiding, { reference, places, failures, used, ...drawn });
  const measured = await measuredOf(drawn.responses, drawn.structure, reference, sae);
  const curves = studyMeasured(engine.math, tap, measured, sae && { sae, places });
  const { fvu, controls } = sae ? await against(job, sae, measured, curves, reference, places) : NOTHING;
  return {
    study: { ...curves, controls },
    verdict: said(job, { curves, controls: controls ?? null, fvu, photographs: used }),
    tuning: namedCurves(tap, measured.tuning),
    failures,
  };
}

/** One autoencoder at most, of one seed. */
const said = ({ options }: TapStudy, found: Omit<VerdictFacts, 'seeds' | 'orientations'>): string =>
  verdict({ ...found, seeds: 1, orientations: options.orientations });

const namedCurves = (tap: string, tuning: TuningCurves): Map<string, Float32Array> => {
  const { unitNames, featureNames } = namesOf(tap, tuning);
  return new Map([
    ...tuning.units.map((curve, i) => [unitNames[i], curve] as const),
    ...tuning.features.map((curve, i) => [featureNames[i], curve] as const),
  ]);
};

/** Hidden units are told from the tap's own. */
const HIDDEN = 'hidden';

/**
 * The study of a tap whose neurons are hidden from the SAE: the same drawings and pictures, every vector times the
 * known matrix; and beside it what the neurons themselves show, which nobody sees there.
 */
async function studyHidden(
  job: TapStudy,
  hiding: Hiding,
  { reference, places, failures, used, responses, structure }: HiddenInput,
): Promise<TapStudied> {
  const { engine, tap } = job;
  const { math } = engine;
  const sae = job.sae!;
  const matrix = hidingMatrix(math, responses.d, hiding);
  const core = engine.acquire();
  const hidden = (x: Float32Array): Float32Array => hide(core, x, matrix, hiding.width);
  try {
    const own = await measuredOf(responses, structure, reference, undefined);
    const { neurons } = studyMeasured(math, tap, own, undefined);
    const unseen = sourceOf([hidden(await evenRows(reference, reference.count))], hiding.width, HIDDEN);
    const there = { ...places, vectors: hidden(places.vectors) };
    const measured = await measuredOf(
      { ...responses, d: hiding.width, vectors: hidden(responses.vectors), lines: hidden(responses.lines) },
      ...([structure, unseen, sae] as const),
    );
    // A direction is no neuron: what an axis says is rectified before radii are averaged, as read-outs are.
    measured.tuning.units = neuronCurves({
      ...measured.evidence.responses,
      vectors: measured.evidence.responses.vectors.map((v) => Math.max(0, v)),
    });
    const curves = studyMeasured(math, HIDDEN, measured, { sae, places: there });
    const { fvu, controls } = await against(job, sae, measured, curves, unseen, there);
    return {
      study: { ...curves, controls },
      truth: {
        hidden: hidingText(hiding),
        neurons,
        ...shownBy(engine, sae, matrix, neurons, curves),
        ...(job.controls.includes('random') && {
          axes: await axesChance(
            job,
            await controlInput(engine, measured, curves, unseen, there, job.seed),
            curves.neurons.count,
            measured.statistics.units,
          ),
        }),
      },
      verdict: said(job, { curves, controls: controls ?? null, fvu, photographs: used }),
      tuning: new Map([...namedCurves(tap, own.tuning), ...namedCurves(HIDDEN, measured.tuning)]),
      failures,
    };
  } finally {
    core.dispose();
  }
}

/** A rotation's axes are random directions themselves: they are to give what these give. */
async function axesChance(
  { pool, signal }: TapStudy,
  input: ControlInput,
  detectorsFound: number,
  units: ActivationStatistics,
): Promise<AxesChance> {
  const found = { detectors: detectorsFound, novel: 0, agreeing: 0, filledGaps: 0 };
  const { detectors, readOuts, draws, p } = await randomControl(
    pool,
    { ...input, densities: firing(units), found },
    DRAWS,
    { signal },
  );
  return { of: readOuts, detectors, draws, p };
}

type HiddenInput = ReferenceSample & Awaited<ReturnType<typeof measureTap>>;

/** Hidden neurons that the decoder has, and hidden curve detectors that a curve feature turned alike shows. */
function shownBy(
  engine: Engine,
  sae: LoadedSae,
  matrix: Float32Array,
  neurons: DetectorSet,
  { features }: CurveResult,
): Pick<HiddenStudy, 'recovered' | 'curves' | 'shown'> {
  const { dIn: d, dSae } = sae.config;
  const truth = { count: matrix.length / d, data: matrix };
  const decoder = { count: dSae, data: sae.tensors.W_dec.data };
  const indexOf = (detector: Detector): number => parseUnit(detector.unit)!.index;
  const cos = cosines(engine, truth, decoder, d);
  const shown = neurons.detectors.filter((neuron) =>
    features?.detectors.some(
      (feature) =>
        apartDeg(feature.orientationDeg, neuron.orientationDeg) <= EVIDENCE.repeatsDeg &&
        cos[indexOf(neuron) * dSae + indexOf(feature)] >= RECOVERED,
    ),
  );
  return {
    recovered: recovery(engine, truth, decoder, d),
    curves: recovery(engine, truth, decoder, d, { only: neurons.detectors.map(indexOf) }),
    shown: shown.length,
  };
}

/** Without an autoencoder. */
const NOTHING = { fvu: null, controls: undefined };

/** How well the SAE reconstructs the pictures' vectors, and what chance gives beside its features. */
async function against(
  job: TapStudy,
  sae: LoadedSae,
  measured: Required<MeasuredTap>,
  curves: CurveResult,
  reference: VectorSource,
  places: Places,
): Promise<{ fvu: number; controls: Controls | undefined }> {
  const { engine, seed, controls: kinds, progress } = job;
  const { fvu } = await evaluate(sae, reference, job);
  if (!kinds.length) return { fvu, controls: undefined };
  progress.start('controls');
  const input = await controlInput(engine, measured, curves, reference, places, seed);
  const { config } = sae;
  const options = trainOptions(
    {
      architecture: config.architecture,
      dSae: config.dSae,
      k: config.k,
      batch: Math.min(512, reference.count),
    },
    config.dIn,
    seed,
  );
  const controls = await chanceControls(
    ...([input, kinds, reference, () => untrainedSae(engine, reference, options), job] as const),
  );
  progress.finish(kinds.join(', '));
  return { fvu, controls: { ...controls, shuffled: null } };
}
