// Rows of a table: one for each token, or one for each place in the text. The table stays outside the core's
// memory: of GPT-2's 154 MB a text needs a few rows.
import { type BaseLayer, isMap, type Op, sequenceShape } from './op.js';
import { checkFours, isCount } from './window.js';

export interface EmbedLayer extends BaseLayer {
  op: 'embed';
  /** Tokens. */
  in: string;
  by: 'token' | 'position';
  rows: number;
  units: number;
}

export const embed: Op<EmbedLayer> = {
  check({ by, rows, units, in: name }, [from], { maker }) {
    if (by !== 'token' && by !== 'position') return `by '${by}': must be token or position`;
    if (!isCount(rows) || !isCount(units))
      return `rows ${rows} and units ${units}: must be whole numbers from 1`;
    return isMap(from) || maker(name).op !== 'tokens' ? 'must read tokens' : checkFours('units', units);
  },
  shape: ({ units }, [from]) => sequenceShape(from.width, units),
  parameters: ({ rows, units }) => ({ weight: [rows, units], bias: [0], axes: 'OI' }),
  forward({ core, parameters, at, span }, { in: name, out, by, units }) {
    const [from, to] = [at(name), at(out)];
    const { weight } = parameters.get(out)!;
    return () => {
      const ids = core.f32(from.ptr, span.count);
      const rows = core.f32(to.ptr, span.count * units);
      for (let i = 0; i < span.count; i++) {
        const row = by === 'token' ? ids[i] : span.past + i;
        rows.set(weight.subarray(row * units, (row + 1) * units), i * units);
      }
    };
  },
};
