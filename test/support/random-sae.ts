// An SAE folder of random numbers: for what does not depend on what an SAE has learnt.
import { nodeStorage, saveSae } from '../../src/node.js';
import { randomNormal } from './random.js';

export async function saveRandomSae(folder: string, tap: string, d: number, dSae: number, k = 2) {
  const random = (seed: number, ...shape: number[]) => ({
    shape,
    data: randomNormal(
      shape.reduce((a, b) => a * b),
      seed,
    ).map((v) => 0.1 * v),
  });
  await saveSae(
    nodeStorage(folder),
    { architecture: 'topk', dIn: d, dSae, k },
    { W_enc: random(1, d, dSae), W_dec: random(2, dSae, d), b_enc: random(3, dSae), b_dec: random(4, d) },
    { hook_name: tap, model_name: 'embedded' },
  );
}
