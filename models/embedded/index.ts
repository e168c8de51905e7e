// The network that ships with the package: an InceptionV1 stem of true shapes whose
// weights are computed, not downloaded, with curve features planted in mixed3b_5x5, so
// that the right answer of a study is known. docs/embedded.md explains the construction.

import { sha256 } from '../../src/core/hash.js';
import type { CoreMath } from '../../src/core/math.js';
import { Rng } from '../../src/core/random.js';
import type { Model, Parameters } from '../../src/network/types.js';
import { inceptionv1 } from '../inceptionv1.js';
import { conv2d0, conv2d1, conv2d2, type Kernel } from './early.js';
import { GROUND_TRUTH } from './ground-truth.js';
import { mixed3a1x1, mixed3b5x5, mixed3b5x5Bottleneck, seeded } from './mixed.js';

/** Typical activation of a line channel that a thin black line drives (measured, docs/lab/embedded.md). */
const LINE_GAIN = 20;

type EmbeddedModel = Model & { groundTruth: typeof GROUND_TRUTH };

/** The last one made: half a second of sines and exponentials, which a session of work asks for again and again. */
let made: { seed: number; model: Promise<EmbeddedModel> } | undefined;

/** Deterministic: the same bits everywhere, for one seed. The parameters are the caller's own. */
export async function embeddedModel(math: CoreMath, seed = 0): Promise<EmbeddedModel> {
  if (made?.seed !== seed) made = { seed, model: make(math, seed) };
  const model = await made.model;
  const copies = [...model.parameters].map(
    ([name, { weight, bias }]) => [name, { weight: weight.slice(), bias: bias.slice() }] as const,
  );
  return { ...model, parameters: new Map(copies) };
}

async function make(math: CoreMath, seed: number): Promise<EmbeddedModel> {
  const rng = new Rng(seed, 77);
  const kernels: Record<string, Kernel> = {
    conv2d0: conv2d0(math, rng),
    conv2d1: conv2d1(),
    conv2d2: conv2d2(math),
    mixed3a_1x1: mixed3a1x1(math),
    mixed3a_3x3_bottleneck: seeded(rng, 96, 192, 1),
    mixed3a_3x3: seeded(rng, 128, 96, 3),
    mixed3a_5x5_bottleneck: seeded(rng, 16, 192, 1),
    mixed3a_5x5: seeded(rng, 32, 16, 5),
    mixed3a_pool_reduce: seeded(rng, 32, 192, 1, 96),
    mixed3b_1x1: seeded(rng, 128, 256, 1),
    mixed3b_3x3_bottleneck: seeded(rng, 128, 256, 1),
    mixed3b_3x3: seeded(rng, 192, 128, 3),
    mixed3b_5x5_bottleneck: mixed3b5x5Bottleneck(),
    mixed3b_5x5: mixed3b5x5(math, rng, LINE_GAIN),
    mixed3b_pool_reduce: seeded(rng, 64, 256, 1),
  };
  const parameters: Parameters = new Map();
  const hashes: string[] = [];
  for (const [name, { weight, bias }] of Object.entries(kernels)) {
    parameters.set(name, { weight, bias });
    hashes.push(name, await sha256(new Uint8Array(weight.buffer)), await sha256(new Uint8Array(bias.buffer)));
  }
  return {
    name: 'embedded',
    description: inceptionv1,
    parameters,
    sha256: await sha256(hashes.join('\n')),
    lastTap: 'mixed3b',
    groundTruth: GROUND_TRUTH,
  };
}
