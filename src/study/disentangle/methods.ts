// What a mask is over: each method by its name, and its basis.
import type { Engine } from '../../core/engine.js';
import { UsageError, unknownName } from '../../core/errors.js';
import { Rng } from '../../core/random.js';
import { LoadedSae } from '../../sae/inference.js';
import type { SaeConfig, SaeTensors } from '../../sae/types.js';
import { pca } from '../../units/bases/pca.js';
import { Axes } from '../../units/interventions/axes.js';
import type { Basis, Coded } from '../../units/interventions/basis.js';
import { Directions } from '../../units/interventions/directions.js';
import { Features } from '../../units/interventions/features.js';
import { randomDirections, randomRotation } from '../../vectors/random-directions.js';
import type { Turning } from './mask.js';
import { rotation } from './rotation.js';

export interface Method {
  /** As it is written. */
  name: string;
  kind: 'neurons' | 'truth' | 'pca' | 'random' | 'sae' | 'random-sae' | 'das';
  /** Of an SAE: with its error. */
  error: boolean;
  /** Of DAS: dimensions; the whole width, with a mask, where left out. */
  dimensions?: number;
}

/** In the order of a report; `das-K` besides. */
export const METHODS: readonly string[] = [
  ...['neurons', 'truth', 'pca', 'random', 'random-sae', 'random-sae+error', 'sae', 'sae+error', 'das'],
];

/** UsageError: no such method. */
export function parseMethod(name: string): Method {
  const das = /^das-(\d{1,6})$/.exec(name);
  if (das) return { name, kind: 'das', error: false, dimensions: Number(das[1]) };
  if (!METHODS.includes(name)) throw unknownName('method', name, [...METHODS, 'das-16']);
  const error = name.endsWith('+error');
  return { name, kind: (error ? name.slice(0, -'+error'.length) : name) as Method['kind'], error };
}

/** What methods may need besides the vectors' width. */
export interface MethodMaterial {
  engine: Engine;
  /** Width of the vectors. */
  d: number;
  /** Some vectors of the train split, [n][d]. */
  sample(): Float32Array;
  sae?: { config: SaeConfig; tensors: SaeTensors };
  /** Where vectors are hidden: where each neuron points, [d][d]. */
  truth?: Float32Array;
}

/** UsageError: what the method needs is not there, or does not fit. */
export function checkMethod(
  { name, kind, dimensions }: Method,
  { d, sae, truth }: { d: number; sae: boolean; truth: boolean },
): void {
  if ((kind === 'sae' || kind === 'random-sae') && !sae)
    throw new UsageError(`method '${name}' needs an SAE; give --sae, or leave it out of --methods`);
  if (kind === 'truth' && !truth)
    throw new UsageError(
      `method 'truth' is for an SAE of hidden neurons (curvesae hide), whose neurons are known; leave it out of --methods`,
    );
  if (dimensions !== undefined && (dimensions < 1 || dimensions > d))
    throw new UsageError(`method '${name}': das-K takes 1 to ${d} dimensions, the width of the vectors`);
}

export interface MethodBasis {
  basis: Basis<Coded>;
  turning?: Turning;
  dispose(): void;
}

const STREAMS = { random: 65, sae: 66 };

/** `seed`: of random directions, and of where DAS begins. */
export function basisOf(method: Method, material: MethodMaterial, seed: number): MethodBasis {
  const { engine, d } = material;
  const { math } = engine;
  const alone = (basis: Basis<Coded>): MethodBasis => ({ basis, dispose: () => basis.dispose() });
  const features = (sae: LoadedSae): MethodBasis => {
    const basis = new Features(engine, sae, method.error);
    return {
      basis: basis as unknown as Basis<Coded>,
      dispose: () => {
        basis.dispose();
        sae.dispose();
      },
    };
  };
  switch (method.kind) {
    case 'neurons':
      return alone(new Axes(d));
    case 'truth':
      return alone(new Directions(engine, material.truth!, d));
    case 'pca':
      return alone(new Directions(engine, Float32Array.from(pca(material.sample(), d).components), d));
    case 'random':
      return alone(new Directions(engine, randomRotation(math, new Rng(seed, STREAMS.random), d), d));
    case 'sae':
      return features(new LoadedSae(engine, material.sae!.config, material.sae!.tensors));
    case 'random-sae':
      return features(randomSae(material, seed));
    case 'das': {
      const turn = rotation(engine, d, method.dimensions ?? d, seed);
      const directions = new Directions(engine, turn.rows(new Float32Array(turn.count)), d);
      const turning = { rotation: turn, directions, masked: method.dimensions === undefined };
      const dispose = (): void => {
        directions.dispose();
        turn.dispose();
      };
      return { basis: directions, turning, dispose };
    }
  }
}

/** As many random directions as the SAE has latents, about as many of them firing: a dictionary that knows nothing. */
function randomSae({ engine, d, sae, sample }: MethodMaterial, seed: number): LoadedSae {
  const { dSae } = sae!.config;
  const rows = randomDirections(engine.math, new Rng(seed, STREAMS.sae), dSae, d);
  const x = sample();
  const n = x.length / d;
  const real = new LoadedSae(engine, sae!.config, sae!.tensors);
  let active = 0;
  real.visit(x, n, (_first, count, { start }) => {
    active += start[count];
  });
  real.dispose();
  const mean = new Float64Array(d);
  for (let i = 0; i < x.length; i++) mean[i % d] += x[i] / n;
  const wEnc = new Float32Array(rows.length);
  for (let f = 0; f < dSae; f++) for (let j = 0; j < d; j++) wEnc[j * dSae + f] = rows[f * d + j];
  const k = Math.max(1, Math.min(dSae, Math.round(active / n)));
  return new LoadedSae(
    engine,
    { architecture: 'topk', dIn: d, dSae, k },
    {
      W_enc: { shape: [d, dSae], data: wEnc },
      W_dec: { shape: [dSae, d], data: rows },
      b_enc: { shape: [dSae], data: new Float32Array(dSae) },
      b_dec: { shape: [d], data: Float32Array.from(mean) },
    },
  );
}
