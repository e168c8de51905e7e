// The stage of controls: what a curve study of chance gives beside that of an SAE.
import type { Engine } from '../core/engine.js';
import { parseJsonObject } from '../formats/json.js';
import { LoadedSae } from '../sae/inference.js';
import type { SaeFolder } from '../sae/saelens.js';
import type { TrainOptions } from '../sae/settings.js';
import { trainSae } from '../sae/trainer.js';
import { type ControlInput, DRAWS, pcaControl, randomControl, saeControl } from '../study/curves/controls.js';
import { CRITERION } from '../study/curves/detector.js';
import { foundBy } from '../study/curves/evidence.js';
import type { CurveOptions } from '../study/curves/options.js';
import { type ActivationStatistics, activationStatistics, firesOf } from '../study/curves/statistics.js';
import type { MeasuredCurves, MeasuredTap } from '../study/curves/tuning-file.js';
import type { Control, Controls, CurveResult } from '../study/curves/types.js';
import { evenRows, evenSample } from '../vectors/even-rows.js';
import type { Places } from '../vectors/places.js';
import { shuffledChannels } from '../vectors/shuffled-channels.js';
import type { Vectors } from '../vectors/store.js';
import type { VectorSource } from '../vectors/types.js';
import type { ActivationStore } from './activations.js';
import { activationsAt, encoderOf } from './curves.js';
import type { ControlKind } from './defaults.js';
import type { Pictures, StageEnvironment } from './environment.js';
import { controlsIdentity } from './identity.js';
import { type RandomNetwork, randomNetwork } from './random-network.js';
import { saeStage } from './sae.js';
import { completeFile, runStage, type StageOutcome } from './stage.js';

const CONTROLS_FILE = 'controls.json';

/**
 * Photographs' vectors by which thresholds of read-outs are set, those by which an autoencoder's features are
 * judged, and those on which one begins. All of a store would cost more than the controls.
 */
const PHOTOGRAPHS = { thresholds: 4096, features: 12_288, beginning: 8192 } as const;

/** What all controls are given. */
export async function controlInput(
  engine: Engine,
  { tuning, statistics, evidence }: Required<MeasuredTap>,
  curves: CurveResult,
  reference: VectorSource,
  places: Places,
  seed: number,
): Promise<ControlInput> {
  return {
    ...{ engine, seed, responses: evidence.responses },
    photographs: await evenRows(reference, PHOTOGRAPHS.thresholds),
    places: { vectors: places.vectors, structure: evidence.structure },
    neurons: tuning.units,
    neuronDetectors: curves.neurons.detectors,
    densities: statistics.features ? firing(statistics.features) : [],
    found: foundBy(curves),
  };
}

/** Densities of those that fire often enough to be a detector. */
export const firing = (statistics: ActivationStatistics): number[] =>
  Array.from(statistics.density).filter((_, f) => firesOf(statistics, f) >= CRITERION.fires);

/** The controls that need no training but one step. `untrained`: an autoencoder as it began; `network`: of whose architecture a random one is. */
export async function chanceControls(
  input: ControlInput,
  kinds: readonly ControlKind[],
  reference: VectorSource,
  untrained: () => Promise<LoadedSae>,
  network: RandomNetwork,
): Promise<Omit<Controls, 'shuffled'>> {
  const made = (kind: ControlKind): boolean => kinds.includes(kind);
  const { pool, progress, signal } = network;
  const onProgress = (done: number, total: number): void => progress.update(done, total, 'draws');
  return {
    random: made('random') ? await randomControl(pool, input, DRAWS, { onProgress, signal }) : null,
    untrained: made('untrained') ? await ofSae(input, await untrained(), reference) : null,
    pca: made('pca') ? pcaControl(input) : null,
    randomWeights: made('random-weights')
      ? await randomNetwork(network, input, PHOTOGRAPHS.thresholds)
      : null,
  };
}

async function ofSae(input: ControlInput, sae: LoadedSae, reference: VectorSource): Promise<Control> {
  try {
    const encoder = encoderOf(sae);
    const { features } = await activationStatistics(
      await evenSample(reference, PHOTOGRAPHS.features),
      encoder,
    );
    return saeControl(input, {
      ...{ encoder, decoder: sae.tensors.W_dec.data, statistics: features! },
      activeAt: (wanted) => activationsAt(sae, input.places.vectors, wanted),
    });
  } finally {
    sae.dispose();
  }
}

/** An autoencoder before its training: after one step that changes no weight, for thresholds that follow the data. */
export async function untrainedSae(
  engine: Engine,
  source: VectorSource,
  options: TrainOptions,
): Promise<LoadedSae> {
  const some = await evenSample(source, PHOTOGRAPHS.beginning);
  const batch = Math.min(options.batch, some.count);
  const { config, tensors } = await trainSae(engine, some, { ...options, batch, steps: 1, lr: 1e-30 });
  return new LoadedSae(engine, config, tensors);
}

/** Counts what chance gives, or takes what was counted. */
export async function controlsStage(
  env: Pictures & StageEnvironment,
  store: ActivationStore,
  places: Places,
  curves: StageOutcome<Required<MeasuredCurves>>,
  study: CurveResult,
  {
    train,
    options,
    kinds,
    others,
  }: {
    train: TrainOptions;
    options: CurveOptions;
    kinds: readonly ControlKind[];
    /** Of other seeds. */
    others: readonly StageOutcome<unknown>[];
  },
): Promise<StageOutcome<Controls>> {
  const { engine, progress } = env;
  const shuffled = kinds.includes('shuffled') ? await shuffledSae(env, store, train) : undefined;
  const reference = store.source('reference');
  const { tap, seed, excludeBorder } = store.manifest.recipe;
  const network = { ...env, ...{ tap, seed, excludeBorder, options } };
  const untrained = () => untrainedSae(engine, store.source('train'), train);
  return runStage(env.out, progress, {
    name: 'controls',
    identity: controlsIdentity({
      ...{ curves: curves.hash, train, kinds, draws: DRAWS },
      seeds: others.map((o) => o.hash),
    }),
    complete: (folder) =>
      completeFile(
        folder,
        CONTROLS_FILE,
        async () => {
          const input = await controlInput(engine, curves.value, study, reference, places, train.seed);
          const controls: Controls = {
            ...(await chanceControls(input, kinds, reference, untrained, network)),
            shuffled: shuffled
              ? await ofSae(input, new LoadedSae(engine, shuffled.config, shuffled.tensors), reference)
              : null,
          };
          return new TextEncoder().encode(`${JSON.stringify(controls, null, 1)}\n`);
        },
        async () =>
          parseJsonObject(
            await folder.read(CONTROLS_FILE),
            `${folder.label}/${CONTROLS_FILE}`,
            'remove the folder and run again',
          ) as unknown as Controls,
        (message) => progress.warn?.(message),
      ),
    summary: ({ random }) =>
      random
        ? `${DRAWS} draws of random directions: ${random.detectors.mean.toPrecision(2)} detectors on average`
        : kinds.join(', ') || 'none',
  });
}

/** The same training on vectors whose channels were shuffled independently. */
async function shuffledSae(
  env: StageEnvironment & Pick<Pictures, 'engine' | 'pool'>,
  vectors: Vectors,
  options: TrainOptions,
): Promise<SaeFolder> {
  const hash = `${vectors.hash}:shuffled ${options.seed}`;
  const shuffled: Vectors = {
    hash,
    source: (split) => shuffledChannels(vectors.source(split), options.seed),
  };
  const { value } = await saeStage(env, shuffled, options, { data: hash, seed: options.seed });
  return value.folder;
}
