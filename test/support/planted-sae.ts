// A TopK SAE whose features are known directions, and documents that are made of them.
import { type Engine, LoadedSae, Rng } from '../../src/index.js';

/** d_in = d_sae = d: feature i is axis i, so that the features of a vector are its k largest positive values. */
export function axesSae(engine: Engine, d: number, k: number): LoadedSae {
  const eye = Float32Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0));
  return new LoadedSae(
    engine,
    { architecture: 'topk', dIn: d, dSae: d, k },
    {
      W_enc: { shape: [d, d], data: eye },
      W_dec: { shape: [d, d], data: eye.slice() },
      b_enc: { shape: [d], data: new Float32Array(d) },
      b_dec: { shape: [d], data: new Float32Array(d) },
    },
  );
}

/** n unit documents of `per` axes each, and which these are, the first the strongest. */
export function axesDocuments(n: number, d: number, per: number, seed: number) {
  const rng = new Rng(seed);
  const data = new Float32Array(n * d);
  const axes: number[][] = [];
  for (let i = 0; i < n; i++) {
    const own = new Set<number>();
    while (own.size < per) own.add(rng.below(d));
    axes.push([...own]);
    let squares = 0;
    for (const [j, axis] of axes[i].entries()) {
      const v = (per - j) * (0.9 + 0.2 * rng.uniform());
      data[i * d + axis] = v;
      squares += v * v;
    }
    for (let j = 0; j < d; j++) data[i * d + j] /= Math.sqrt(squares);
  }
  return { data, axes };
}
