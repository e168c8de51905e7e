// The stem and the whole network by ours and by the peers. Ours takes the RGB image and
// includes preprocessing; the peers get the preprocessed tensor.
import { type ForwardCase, forwardWork, netCase, stemCases } from '../src/bench/forward.js';
import type { Environment, Impl, Work } from '../src/bench/types.js';
import { preprocess } from '../test/support/reference.js';
import { onnxPeers } from './peers/onnx.js';
import { tfjsForward } from './peers/tfjs.js';
import { torchForward } from './peers/torch-forward.js';

export async function* stem(env: Environment): AsyncGenerator<Work> {
  for (const c of stemCases()) yield peersOf(c, env);
}

export async function* net(env: Environment): AsyncGenerator<Work> {
  yield peersOf(netCase(), env);
}

async function peersOf(c: ForwardCase, env: Environment): Promise<Work> {
  const prepared = c.images.map((image) => preprocess(c.model.description, image));
  return withPeers(forwardWork(c, env), [
    ...(await onnxPeers(c, prepared, env.say)),
    await tfjsForward(c, prepared, env.say),
    await torchForward(c, prepared, env.say),
  ]);
}

/** The peers stand right behind our default build, so that the table reads in that order. */
export function withPeers(work: Work, peers: (Impl | undefined)[]): Work {
  const [ours, ...builds] = work.impls;
  return { ...work, impls: [ours, ...peers.filter((p) => p !== undefined), ...builds] };
}
