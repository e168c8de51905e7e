// The neurons themselves: h'_j = (1 - s_j) base_j + s_j source_j.
import { type Basis, type Coded, type Interchange, joined } from './basis.js';

export class Axes implements Basis {
  readonly lossless = true;

  constructor(readonly d: number) {}

  get size(): number {
    return this.d;
  }

  code(x: Float32Array): Coded {
    return { x };
  }

  zero({ x }: Coded): Coded {
    return { x: new Float32Array(x.length) };
  }

  between(bases: readonly Coded[], sources: readonly Coded[]): Interchange {
    const { d } = this;
    const [base, source] = [joined(bases), joined(sources)];
    return {
      patched: (mask) => base.map((b, i) => (1 - mask[i % d]) * b + mask[i % d] * source[i]),
      addMaskGradient: (gradient, into) => {
        for (let i = 0; i < gradient.length; i++) into[i % d] += gradient[i] * (source[i] - base[i]);
      },
    };
  }

  dispose(): void {}
}
