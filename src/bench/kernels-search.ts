// Benchmarks of exact search: 4096 rows of 256 against one query, and against 64.
import type { Core } from '../core/core.js';
import { type KernelBench, uniform, writes } from './kernel.js';

const [ROWS, WIDTH, QUERIES] = [4096, 256, 64];

/** Rows in 8 bits, with their inverse scales and bounds. */
function rows(core: Core) {
  const x = core.put(uniform(ROWS * WIDTH, 1));
  const [codes, inverseW, bound] = [core.alloc(ROWS * WIDTH), core.alloc32(ROWS), core.alloc32(ROWS)];
  core.kernels.i8_quantize_rows({ x, n: ROWS, d: WIDTH, out: codes, inverse: inverseW, bound });
  return { codes, inverseW, bound };
}

/** Queries as i16_quantize_rows leaves them. */
function queries(core: Core, n: number) {
  const x = core.put(uniform(n * WIDTH, 2));
  const [x16, inverseX] = [core.alloc(2 * n * WIDTH), core.alloc32(n)];
  core.kernels.i16_quantize_rows({ x, n, d: WIDTH, group: 8, out: x16, inverse: inverseX });
  return { x16, inverseX };
}

/** Products of uniform values have variance d / 9; about one in a hundred is larger. */
const WANTED = (2.33 * Math.sqrt(WIDTH)) / 3;

export const searchKernels: Record<string, KernelBench> = {
  f16_widen: {
    size: `${ROWS} rows of ${WIDTH}`,
    bytes: 6 * ROWS * WIDTH,
    prepare(core) {
      // Every bit pattern but those of infinity and NaN.
      const halves = Uint16Array.from({ length: ROWS * WIDTH }, (_, i) => (i & 0x8000) | (i % 0x7c00));
      const x = core.put(new Uint8Array(halves.buffer));
      const out = core.alloc32(ROWS * WIDTH);
      return writes(core, out, ROWS * WIDTH, () => core.kernels.f16_widen({ x, n: ROWS * WIDTH, out }));
    },
  },
  i8_quantize_rows: {
    size: `${ROWS} rows of ${WIDTH}`,
    bytes: 5 * ROWS * WIDTH,
    // Residuals are summed in f32.
    tolerance: 1e-3,
    prepare(core) {
      const x = core.put(uniform(ROWS * WIDTH, 1));
      const [out, inverse, bound] = [core.alloc(ROWS * WIDTH), core.alloc32(ROWS), core.alloc32(ROWS)];
      return {
        run: () => core.kernels.i8_quantize_rows({ x, n: ROWS, d: WIDTH, out, inverse, bound }),
        output: () =>
          Float32Array.of(
            ...core.f32(bound, ROWS),
            ...new Int8Array(core.u8(out, 16 * WIDTH).slice().buffer),
          ),
      };
    },
  },
  i8_screen_4: {
    size: `${ROWS} rows of ${WIDTH}, one query, 1 % wanted`,
    flop: 2 * ROWS * WIDTH,
    prepare(core) {
      const { codes, inverseW, bound } = rows(core);
      const { x16, inverseX } = queries(core, 8);
      const query = core.alloc(2 * WIDTH);
      const [plain, panel] = [core.i32(query, WIDTH / 2), core.i32(x16, 4 * WIDTH)];
      for (let j = 0; j < plain.length; j++) plain[j] = panel[8 * j];
      const scale = core.f32(inverseX, 1)[0];
      const [index, value, scratch] = [core.alloc32(ROWS), core.alloc32(ROWS), core.alloc32(4)];
      let n = 0;
      return {
        run: () => {
          n = core.kernels.i8_screen_4({
            ...{ codes, inverseW, bound, n: ROWS, d: WIDTH, query, inverseX: scale, threshold: WANTED },
            ...{ first: 0, index, value, count: 0, scratch },
          });
        },
        output: () => [n, ...core.i32(index, n), ...core.f32(value, n)],
      };
    },
  },
  i8_screen_4x8: {
    size: `${ROWS} rows of ${WIDTH}, ${QUERIES} queries, 1 % wanted`,
    flop: 2 * ROWS * WIDTH * QUERIES,
    prepare(core) {
      const { codes, inverseW, bound } = rows(core);
      const { x16, inverseX } = queries(core, QUERIES);
      const thresholds = core.put(new Float32Array(QUERIES).fill(WANTED));
      const [indices, values] = [core.alloc32(QUERIES * ROWS), core.alloc32(QUERIES * ROWS)];
      const [counts, scratch] = [core.alloc32(QUERIES), core.alloc32(16 * WIDTH + 32)];
      return {
        run: () => {
          core.i32(counts, QUERIES).fill(0);
          core.kernels.i8_screen_4x8({
            ...{ x16, panelCount: QUERIES / 8, inverseX, thresholds, codes, inverseW, bound, n: ROWS },
            ...{ d: WIDTH, first: 0, indices, values, counts, capacity: ROWS, scratch },
          });
        },
        output: () =>
          Array.from(core.i32(counts, QUERIES)).flatMap((n, q) => [n, ...core.f32(values + 4 * q * ROWS, n)]),
      };
    },
  },
};
