// What made an SAE, as its cfg.json says it.
import type { SaeMetadata } from '../sae/saelens.js';
import { hidingText } from '../vectors/hiding.js';
import type { Manifest } from '../vectors/store.js';

export interface Origin {
  /** Identity of the vectors, where the SAE was trained on data that was named. */
  data?: string;
  /** The store that they are of. */
  store?: Pick<Manifest, 'hash' | 'recipe'>;
  seed?: number;
}

/** The order of the keys is that of the file. */
export function provenance({ data, store, seed }: Origin): SaeMetadata {
  return {
    ...(data !== undefined && { data }),
    ...(store && {
      model_name: store.recipe.model.name,
      hook_name: store.recipe.tap,
      activation_store: store.hash,
      weights_sha256: store.recipe.model.sha256,
      ...(store.recipe.hidden && { hidden: hidingText(store.recipe.hidden) }),
    }),
    ...(seed !== undefined && { seed }),
  };
}
