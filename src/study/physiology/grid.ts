// A read-out's responses to one series, as a grid over its axes that is reduced axis by axis.
import type { Axis, Series } from './battery.js';

export class Grid {
  /** `values`: of all combinations, the last axis fastest. */
  constructor(
    readonly axes: readonly Axis[],
    readonly values: Float32Array,
  ) {}

  /** Of read-out `u` of `count`, from [drawings][count]. */
  static of({ axes, drawings }: Series, all: Float32Array, u: number, count: number): Grid {
    return new Grid(
      axes,
      Float32Array.from(drawings, (_, i) => all[i * count + u]),
    );
  }

  largest(axis: string): Grid {
    return this.#reduced(axis, (values) => values.reduce((a, b) => Math.max(a, b)));
  }

  /** Summed in order. */
  mean(axis: string): Grid {
    return this.#reduced(axis, (values) => values.reduce((a, b) => a + b) / values.length);
  }

  at(axis: string, index: number): Grid {
    return this.#reduced(axis, (values) => values[index]);
  }

  /** Largest over where the drawing lies. */
  anywhere(): Grid {
    return this.axes.filter((a) => a.place).reduce<Grid>((grid, { name }) => grid.largest(name), this);
  }

  /** Index along each axis of the largest value, the first of equal ones. */
  best(): Record<string, number> {
    let top = 0;
    for (let i = 1; i < this.values.length; i++) if (this.values[i] > this.values[top]) top = i;
    const at: Record<string, number> = {};
    for (const { name, values } of [...this.axes].reverse()) {
      at[name] = top % values.length;
      top = Math.floor(top / values.length);
    }
    return at;
  }

  /** The values along one axis, the others where the largest value is. */
  through(axis: string): Grid {
    const best = this.best();
    return this.axes
      .filter(({ name }) => name !== axis)
      .reduce<Grid>((grid, { name }) => grid.at(name, best[name]), this);
  }

  #reduced(axis: string, reduce: (values: Float32Array) => number): Grid {
    const i = this.axes.findIndex(({ name }) => name === axis);
    if (i < 0) throw new RangeError(`no axis ${axis}`);
    const n = this.axes[i].values.length;
    const inner = this.axes.slice(i + 1).reduce((product, { values }) => product * values.length, 1);
    const out = new Float32Array(this.values.length / n);
    const line = new Float32Array(n);
    for (let k = 0; k < out.length; k++) {
      const from = Math.floor(k / inner) * inner * n + (k % inner);
      for (let j = 0; j < n; j++) line[j] = this.values[from + j * inner];
      out[k] = reduce(line);
    }
    return new Grid(
      this.axes.filter((_, j) => j !== i),
      out,
    );
  }
}
