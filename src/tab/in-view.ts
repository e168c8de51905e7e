// What a run's features see, once it is trained: crops of the pictures that fire the busiest of them.
import { CurvesaeError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import type { Storage } from '../formats/storage.js';
import type { ImageRef } from '../images/types.js';
import { tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import { cutOut, placesOfEach } from '../pipeline/named-crops.js';
import type { LoadedSae } from '../sae/inference.js';
import { StrongestPlaces } from '../study/examples/crops.js';
import { placedShards } from '../vectors/places.js';
import type { Manifest } from '../vectors/store.js';

/** Features shown, and crops of each. */
const FEATURES = 24;
const EACH = 6;

export interface FeatureInView {
  feature: number;
  /** Places that fire it, of those looked at. */
  fires: number;
  /** Of each crop, strongest first. */
  values: number[];
  /** RGB, [values][tile][tile][3]: the receptive field of the place. */
  tiles: Uint8Array;
}

/** The features that fire most often; or why they cannot be shown. */
export type InView = { places: number; tile: number; features: FeatureInView[] } | { reason: string };

export interface SeenWith {
  storage: Storage;
  manifest: Manifest;
  pool: Pool;
  model: Model;
  images: readonly ImageRef[];
  signal?: AbortSignal;
}

/** Never rejects for a picture that is gone: the run is finished without it. */
export async function featuresInView(seen: SeenWith, sae: LoadedSae): Promise<InView> {
  const { storage, manifest, model, images } = seen;
  const units = Array.from({ length: sae.config.dSae }, (_, index) => ({ kind: 'features' as const, index }));
  const vectors = manifest.shards.reduce((n, { rows }) => n + rows.train + rows.heldout, 0);
  const strongest = new StrongestPlaces(units, sae, EACH, placesOfEach(vectors, images.length));
  for (const group of ['train', 'heldout'] as const)
    for await (const shard of placedShards(storage, manifest, group)) strongest.add(shard);
  const { fires } = strongest;
  const busiest = units
    .map(({ index }) => index)
    .filter((f) => fires[f] > 0)
    .sort((a, b) => fires[b] - fires[a] || a - b)
    .slice(0, FEATURES);
  const { field } = tapInfo(model.description, manifest.recipe.tap);
  try {
    const { tile, crops } = await cutOut(
      seen,
      manifest.recipe.tap,
      busiest.map((f) => ({ field, spots: strongest.spots(f) })),
    );
    return {
      ...{ places: strongest.places, tile },
      features: busiest.map((feature, i) => ({
        ...{ feature, fires: fires[feature], tiles: crops[i].tiles },
        values: crops[i].spots.map(({ value }) => value),
      })),
    };
  } catch (error) {
    seen.signal?.throwIfAborted();
    if (error instanceof CurvesaeError) return { reason: error.message };
    throw error;
  }
}
