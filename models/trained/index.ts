// A second network that ships with the package: a stem (models/stem.ts) that `model train` trained with its defaults, seed 0, on
// drawn shapes. Nothing in it was set by hand; its curve units are what training made. docs/results/trained.md has what was found.
import { fromBase64 } from '../../src/core/base64.js';
import { sha256 } from '../../src/core/hash.js';
import { toF32 } from '../../src/formats/dtypes.js';
import { flatLayout, parametersIn } from '../../src/network/training/flat.js';
import type { Model } from '../../src/network/types.js';
import { stemDescription, TRAINED } from '../stem.js';

/** The parameters are the caller's own. */
export async function trainedModel(): Promise<Model> {
  const { CLASSES, WEIGHTS } = await import('./trained-weights.js');
  const bytes = fromBase64(WEIGHTS);
  const description = stemDescription(CLASSES.length);
  const layout = flatLayout(description);
  const flat = new Float32Array(layout.size);
  flat.set(toF32(bytes, 'F16'));
  return {
    ...{ name: TRAINED, description, parameters: parametersIn(layout, flat) },
    ...{ sha256: await sha256(bytes), classes: [...CLASSES], lastTap: 'softmax' },
  };
}
