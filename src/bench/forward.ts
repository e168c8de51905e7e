// Forward passes on random weights: the stem (input .. mixed3b) and the whole network.

import { createSession } from '../network/session.js';
import type { Model } from '../network/types.js';
import { heModel, randomImage } from './random-model.js';
import type { Environment, Impl, Variant, Work } from './types.js';

export const SIZE = 224;

export interface ForwardCase {
  work: string;
  model: Model;
  /** The first one is compared. */
  taps: string[];
  batch: number;
  images: Float32Array[];
}

export function stemCases(): ForwardCase[] {
  const model = heModel('inceptionv1');
  return [1, 8].map((batch) => forwardCase('stem', model, ['mixed3b'], batch));
}

/** Computed to the softmax; compared at the logits, since random weights saturate the softmax. */
export const netCase = (): ForwardCase =>
  forwardCase('GoogLeNet to softmax', heModel('googlenet'), ['logits', 'softmax'], 1);

const forwardCase = (name: string, model: Model, taps: string[], batch: number): ForwardCase => ({
  work: `${name}, batch ${batch}`,
  ...{ model, taps, batch },
  images: Array.from({ length: batch }, (_, i) => randomImage(SIZE, SIZE, i + 1)),
});

/** Preprocessing included; a batch is as many runs of one session. */
export function ownForward(
  { model, taps, images }: ForwardCase,
  { build, engine }: Variant,
  version: string,
): Impl {
  const session = createSession(engine, model, { taps });
  return {
    impl: 'curvesae',
    ...{ version, build, threads: 1, batch: images.length },
    tolerance: build === 'naive' || build === 'relaxed' ? 2e-5 : 0,
    run: () => {
      for (const image of images) session.run(image);
    },
    output: () => session.tap(taps[0]),
    dispose: () => session.dispose(),
  };
}

/** Every variant at batch 1, the default one alone at a larger batch. */
export const forwardWork = (c: ForwardCase, { variants, version }: Environment): Work => ({
  work: c.work,
  tolerance: 1e-5,
  impls: variants
    .filter(({ build }, i) => i === 0 || build === 'relaxed' || (c.batch === 1 && c.taps[0] === 'mixed3b'))
    .map((variant) => ownForward(c, variant, version)),
});

export async function* stemWorks(env: Environment): AsyncGenerator<Work> {
  for (const c of stemCases()) yield forwardWork(c, env);
}

export async function* netWorks(env: Environment): AsyncGenerator<Work> {
  yield forwardWork(netCase(), env);
}
