// The stem there and back, by ours and by the peers that have gradients.
import { backwardCase, backwardWork } from '../src/bench/backward.js';
import type { Environment, Work } from '../src/bench/types.js';
import { preprocess } from '../test/support/reference.js';
import { withPeers } from './forward.js';
import { tfjsForward } from './peers/tfjs.js';
import { torchForward } from './peers/torch-forward.js';

export async function* back(env: Environment): AsyncGenerator<Work> {
  const c = backwardCase();
  const prepared = c.images.map((image) => preprocess(c.model.description, image));
  yield withPeers(backwardWork(c, env), [
    await tfjsForward(c, prepared, env.say, c.start),
    await torchForward(c, prepared, env.say, c.start),
  ]);
}
