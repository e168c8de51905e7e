// The way there and back: the stem, and from a gradient by mixed3b to that by the picture; to those by all weights besides, as
// training needs them.
import { createSession } from '../network/session.js';
import { neededLayers } from '../network/taps.js';
import { type ForwardCase, stemCases } from './forward.js';
import { uniform } from './kernel.js';
import type { Environment, Impl, Variant, Work } from './types.js';

export interface BackwardCase extends ForwardCase {
  /** The gradient by the first tap. */
  start: Float32Array;
  /** Layers whose weights are asked for too. */
  weights: readonly string[];
}

export function backwardCase(): BackwardCase {
  const [c] = stemCases();
  return { ...c, work: 'stem, forward and backward', start: uniform(28 * 28 * 480, 9), weights: [] };
}

/** The same with the gradients by the weights of every layer. */
export function weightsCase(): BackwardCase {
  const c = backwardCase();
  const weights = neededLayers(c.model.description, c.taps).flatMap(({ op, out }) =>
    op === 'conv' ? [out] : [],
  );
  return { ...c, work: 'stem, forward and backward, weights too', weights };
}

/** Preprocessing included; compared is the gradient by the picture, or those by the weights, one after the other. */
export function ownBackward(
  { model, taps, images, start, weights }: BackwardCase,
  { build, engine }: Variant,
  version: string,
): Impl {
  const [tap] = taps;
  const session = createSession(engine, model, { taps, backward: { from: [tap], to: ['input'], weights } });
  const into: Record<string, Float32Array> = { input: new Float32Array(images[0].length) };
  for (const name of weights) {
    const { weight, bias } = model.parameters.get(name)!;
    into[`${name}.weight`] = new Float32Array(weight.length);
    into[`${name}.bias`] = new Float32Array(bias.length);
  }
  return {
    impl: 'curvesae',
    ...{ version, build, threads: 1, batch: 1 },
    tolerance: build === 'naive' || build === 'relaxed' ? 3e-2 : 0,
    run: () => {
      session.run(images[0]);
      session.backward({ [tap]: start }, { into });
    },
    output: () =>
      weights.length
        ? Float32Array.from(weights.flatMap((name) => Array.from(into[`${name}.weight`])))
        : into.input,
    dispose: () => session.dispose(),
  };
}

/** The default build and the relaxed one. A last bit decides which of two near values a pool takes: peers differ in a few places. */
export function backwardWork(c: BackwardCase, { variants, version }: Environment): Work {
  const timed = variants.filter(({ build }, i) => i === 0 || build === 'relaxed');
  return { work: c.work, tolerance: 3e-2, impls: timed.map((variant) => ownBackward(c, variant, version)) };
}
