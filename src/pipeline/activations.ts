// The stage of activations: pictures -> network -> a store of sampled vectors.
import type { ImageFailure } from '../images/types.js';
import { tapChannels } from '../network/taps.js';
import { type ExtractJob, extractInto } from '../vectors/extract.js';
import { type Places, placedShards, storePlaces } from '../vectors/places.js';
import { type Group, keptShards, type Manifest, storeAsVectors, type Vectors } from '../vectors/store.js';
import type { Pictures, StageEnvironment } from './environment.js';
import { storeIdentity } from './identity.js';
import { failedText } from './progress.js';
import { recipeOf, type Sampling } from './recipe.js';
import { runStage, type StageOutcome } from './stage.js';

export interface ActivationStore extends Vectors {
  manifest: Manifest;
  /** Pictures that could not be used. */
  failures: ImageFailure[];
  /** Vectors with where they come from (storePlaces). */
  places(group: Group, most: { pictures: number; each: number }): Promise<Places>;
  /** All of them, shard after shard (placedShards). */
  placed(group: Group): AsyncGenerator<Places>;
}

/** What an extraction is given, its progress shown. UsageError: an unknown tap. */
export function extractionOf(env: Pictures & Omit<StageEnvironment, 'out'>, sampling: Sampling): ExtractJob {
  const { engine, pool, model, images, progress, signal } = env;
  return {
    ...{ pool, images, signal },
    recipe: recipeOf(engine, model, env.imagesHash, sampling),
    dIn: tapChannels(model.description, sampling.tap),
    onProgress: (done, failed) => progress.update(done, images.length, 'images', failedText(failed)),
    onRemade: (message) => progress.warn?.(message),
  };
}

/**
 * Makes the store that `sampling` asks for, goes on with it, or takes it as it is. UsageError: an
 * unknown tap. InputError: not one picture could be used.
 */
export async function activationsStage(
  env: Pictures & StageEnvironment,
  sampling: Sampling,
): Promise<StageOutcome<ActivationStore>> {
  const job = extractionOf(env, sampling);
  const { images, recipe, dIn } = job;
  return runStage(env.out, env.progress, {
    name: 'activations',
    identity: storeIdentity(recipe),
    complete: async (storage) => {
      const read = keptShards(storage);
      const { manifest, failures, reused } = await extractInto(storage, { ...job, onShard: read.keep });
      const value: ActivationStore = {
        ...storeAsVectors(storage, manifest, read),
        failures,
        places: (group, most) => storePlaces(storage, manifest, group, most, read),
        placed: (group) => placedShards(storage, manifest, group, read),
      };
      return { value, reused, seconds: manifest.seconds };
    },
    summary: ({ source, failures }) =>
      `${source('all').count} vectors of ${dIn} from ${images.length - failures.length} images`,
  });
}
