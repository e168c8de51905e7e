// What needs gradients, by ours and by the peers that have them: the stem there and back, to the picture alone and to the
// weights too, steps of a picture.
import { backwardCase, backwardWork, weightsCase } from '../src/bench/backward.js';
import { pictureCase, pictureWork } from '../src/bench/picture.js';
import type { Environment, Work } from '../src/bench/types.js';
import { preprocess } from '../test/support/reference.js';
import { withPeers } from './forward.js';
import { tfjsForward } from './peers/tfjs.js';
import { torchForward, torchPicture } from './peers/torch-forward.js';

export async function* back(env: Environment): AsyncGenerator<Work> {
  const c = backwardCase();
  const prepared = c.images.map((image) => preprocess(c.model.description, image));
  yield withPeers(backwardWork(c, env), [
    await tfjsForward(c, prepared, env.say, c.start),
    await torchForward(c, prepared, env.say, c.start),
  ]);
  const w = weightsCase();
  yield withPeers(backwardWork(w, env), [await torchForward(w, prepared, env.say, w.start, w.weights)]);
  const picture = pictureCase(env);
  yield withPeers(pictureWork(picture, env), [await torchPicture(picture, env.say)]);
}
