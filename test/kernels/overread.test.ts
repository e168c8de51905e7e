// A buffer that ends where linear memory ends: reading one byte beyond it traps.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination, source } from '../../src/bench/kernel.js';
import { type Core, init } from '../../src/index.js';

const test = suite('over-reads');
const engines = [await init({ build: 'simd' }), await init({ build: 'scalar' })];

/** Ones, in the last bytes of the memory. Allocate everything else before. */
function atTheEnd(core: Core, floats: number): number {
  const probe = core.mark();
  core.release(probe);
  const filler = core.capacity - 4 * floats - probe;
  if (filler < 0) {
    core.release(probe);
    core.alloc(core.capacity - probe + 65536 - 64); // grows; the next attempt fits
    core.release(probe);
    return atTheEnd(core, floats);
  }
  const ptr = core.capacity - 4 * floats;
  core.f32(ptr, floats).fill(1);
  return ptr;
}

const CASES: Record<string, (core: Core) => void> = {
  f32_maxpool_3x3(core) {
    const dst = core.alloc32(4 * 4 * 4);
    core.kernels.f32_maxpool_3x3({
      ...source(atTheEnd(core, 7 * 7 * 4), 7, 4),
      ...destination(dst, 4, 4),
      ...{ height: 7, width: 7, stride: 2, beforeY: 0, beforeX: 0, outHeight: 4, outWidth: 4, channels: 4 },
    });
  },
  f32_avgpool(core) {
    const dst = core.alloc32(4);
    core.kernels.f32_avgpool({
      ...source(atTheEnd(core, 7 * 7 * 4), 7, 4),
      ...destination(dst, 1, 4),
      ...{ size: 7, stride: 1, outHeight: 1, outWidth: 1, channels: 4 },
    });
  },
  f32_lrn(core) {
    for (const radius of [5, 2])
      core.kernels.f32_lrn({
        ...source(atTheEnd(core, 12), 1, 12),
        ...destination(core.alloc32(12), 1, 12),
        ...{ height: 1, width: 1, channels: 12, radius, bias: 2, alpha: 1e-4 },
      });
  },
  f32_relu(core) {
    const dst = core.alloc32(12);
    core.kernels.f32_relu({
      ...source(atTheEnd(core, 12), 1, 12),
      ...destination(dst, 1, 12),
      height: 1,
      width: 1,
      channels: 12,
    });
  },
  f32_image_input(core) {
    const dst = core.alloc32(12);
    core.kernels.f32_image_input({
      ...{ image: atTheEnd(core, 12), height: 2, width: 2, dst, dstRow: 24, beforeY: 0, beforeX: 0 },
      ...{ fold: 0, bgr: 1, mean0: 0, mean1: 0, mean2: 0 },
    });
  },
  f32_linear_1x16(core) {
    const [packed, bias, y] = [core.alloc32(16 * 5), core.alloc32(16), core.alloc32(16)];
    core.kernels.f32_linear_1x16({ x: atTheEnd(core, 5), inputs: 5, packed, bias, y, outputs: 3 });
  },
  f32_conv_4x8(core) {
    const [packed, bias, dst, table] = [
      core.alloc32(8 * 9 * 4),
      core.alloc32(8),
      core.alloc32(4),
      core.alloc32(8),
    ];
    const src = atTheEnd(core, 9 * 4);
    core.i32(table, 8).set([src, src, src, src, dst, dst, dst, dst]);
    core.kernels.f32_conv_4x8({
      table,
      groups: 1,
      block: 1,
      kh: 3,
      srcRow: 48,
      segment: 12,
      packed,
      bias,
      cout: 4,
      relu: 1,
    });
  },
  f32_conv1x1_4x8(core) {
    const [packed, bias, dst, table] = [
      core.alloc32(8 * 8),
      core.alloc32(8),
      core.alloc32(16),
      core.alloc32(8),
    ];
    const scratch = core.alloc32(32);
    const src = atTheEnd(core, 4 * 8);
    core
      .i32(table, 8)
      .set([0, 1, 2, 3].flatMap((i) => [src + 32 * i]).concat([0, 1, 2, 3].map((i) => dst + 16 * i)));
    core.kernels.f32_conv1x1_4x8({
      table,
      groups: 1,
      block: 1,
      cin: 8,
      packed,
      bias,
      cout: 4,
      relu: 1,
      scratch,
    });
  },
  f32_conv1x1_8x16(core) {
    const k = core.kernels;
    const [packed, bias, dst] = [core.alloc32((7 * 8 * 16) / 4), core.alloc32(16), core.alloc32(8 * 16)];
    const scratch = core.alloc(k.f32_conv1x1_8x16_scratch({ block: 2, cin: 8 }));
    const pixels = Array.from({ length: 8 }, (_, i) => i);
    const to = core.put(Int32Array.from(pixels, (i) => dst + 64 * i));
    const [outputs, sources] = [core.put(Int32Array.of(packed, bias, 16, 1, to)), core.alloc32(8)];
    const src = atTheEnd(core, 8 * 8);
    core.i32(sources, 8).set(pixels.map((i) => src + 32 * i));
    k.f32_conv1x1_8x16({ sources, groups: 2, block: 2, cin: 8, outputs, outputCount: 1, scratch });
  },
  f32_winograd_6x6(core) {
    const [packed, bias, dst] = [core.alloc32(36 * (8 * 4 + 16)), core.alloc32(8), core.alloc32(4 * 4 * 4)];
    const scratch = core.alloc(core.kernels.f32_winograd_6x6_scratch({ block: 4, cin: 4, cout: 4 }));
    const src = atTheEnd(core, 36 * 4);
    core.kernels.f32_winograd_6x6({
      ...source(src, 6, 4),
      ...destination(dst, 4, 4),
      ...{ cin: 4, packed, bias, outHeight: 4, outWidth: 4, cout: 4, outputs: 4 },
      ...{ relu: 1, fold: 0, block: 4, scratch },
    });
  },
  f32_winograd_8x8(core) {
    const [packed, bias, dst] = [core.alloc32(64 * (8 * 4 + 16)), core.alloc32(8), core.alloc32(6 * 6 * 4)];
    const scratch = core.alloc(core.kernels.f32_winograd_8x8_scratch({ block: 4, cin: 4, cout: 4 }));
    const src = atTheEnd(core, 64 * 4);
    core.kernels.f32_winograd_8x8({
      ...source(src, 8, 4),
      ...destination(dst, 6, 4),
      ...{ cin: 4, packed, bias, outHeight: 6, outWidth: 6, cout: 4, outputs: 6 },
      ...{ relu: 1, fold: 0, block: 4, scratch },
    });
  },
};

for (const [name, run] of Object.entries(CASES))
  test(`${name} reads nothing beyond its source`, () => {
    for (const engine of engines) {
      const core = engine.acquire();
      assert.not.throws(() => run(core));
      core.dispose();
    }
  });

test('the trap works: one float further and it springs', () => {
  const core = engines[0].acquire();
  const src = atTheEnd(core, 12) + 16;
  assert.throws(
    () =>
      core.kernels.f32_relu({
        ...source(src, 1, 12),
        ...destination(64, 1, 12),
        height: 1,
        width: 1,
        channels: 12,
      }),
    /out of bounds/,
  );
  core.dispose();
});

test.run();
