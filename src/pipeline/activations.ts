// The stage of activations: pictures -> network -> a store of sampled vectors.
import type { ImageFailure } from '../images/types.js';
import { tapInfo } from '../network/taps.js';
import { extractInto } from '../vectors/extract.js';
import { type Manifest, storeAsVectors, type Vectors } from '../vectors/store.js';
import type { Pictures, StageEnvironment } from './environment.js';
import { storeIdentity } from './identity.js';
import { failedText } from './progress.js';
import { recipeOf, type Sampling } from './recipe.js';
import { runStage, type StageOutcome } from './stage.js';

export interface ActivationStore extends Vectors {
  manifest: Manifest;
  /** Pictures that could not be used. */
  failures: ImageFailure[];
}

/**
 * Makes the store that `sampling` asks for, goes on with it, or takes it as it is. UsageError: an
 * unknown tap. InputError: not one picture could be used.
 */
export async function activationsStage(
  env: Pictures & StageEnvironment,
  sampling: Sampling,
): Promise<StageOutcome<ActivationStore>> {
  const { engine, pool, model, images, progress, signal } = env;
  const { channels } = tapInfo(model.description, sampling.tap);
  const recipe = recipeOf(engine, model, env.imagesHash, sampling);
  return runStage(env.out, progress, {
    name: 'activations',
    identity: storeIdentity(recipe),
    complete: async (storage) => {
      const { manifest, failures, reused } = await extractInto(storage, {
        ...{ pool, images, recipe, signal },
        dIn: channels,
        onProgress: (done, failed) => progress.update(done, images.length, 'images', failedText(failed)),
      });
      const value = { ...storeAsVectors(storage, manifest), failures };
      return { value, reused, seconds: manifest.seconds };
    },
    summary: ({ source, failures }) =>
      `${source('all').count} vectors of ${channels} from ${images.length - failures.length} images`,
  });
}
