/* The compute core without JavaScript: wasm2c turns scalar.wasm into C, and this program calls it by
 * docs/abi.md. It encodes eight vectors with a TopK autoencoder and convolves an image as a matrix
 * product; node.js beside it does the same through the package. Both print the same lines.
 *
 *   wasm2c node_modules/curvesae/dist/core/scalar.wasm -n core -o core.c
 *   cc -O2 -ffp-contract=off main.c core.c /usr/share/wabt/wasm2c/wasm-rt-impl.c -lm -o c-host
 *
 * Names as wabt 1.0.32 gives them (Debian 12). -ffp-contract=off: a fused multiply-add rounds once
 * where WebAssembly rounds twice, and some compilers fuse unless told not to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "core.h"

enum { B = 8, D = 64, F = 512, K = 16, PIXELS = 49, TAPS = 27, FILTERS = 20 };

static Z_core_instance_t core;
static uint32_t top; /* first free byte: from heap_base() up, memory is the host's */

static uint8_t *at(uint32_t pointer) { return Z_coreZ_memory(&core)->data + pointer; }
static float *f32_at(uint32_t pointer) { return (float *)at(pointer); }
static int32_t *i32_at(uint32_t pointer) { return (int32_t *)at(pointer); }

/* A 64-byte aligned block; memory grows by pages of 64 KiB. */
static uint32_t alloc(uint32_t bytes) {
  uint32_t pointer = (top + 63) & ~63u;
  wasm_rt_memory_t *memory = Z_coreZ_memory(&core);
  top = pointer + bytes;
  if (top > memory->size && wasm_rt_grow_memory(memory, (top - memory->size + 65535) / 65536) == UINT32_MAX) {
    fprintf(stderr, "the core's memory cannot grow to %" PRIu32 " bytes\n", top);
    exit(1);
  }
  return pointer;
}

/* xorshift32 (Marsaglia 2003), 24 bits as a number in [-1, 1). */
static uint32_t state = 2463534242u;
static uint32_t floats(int n) {
  uint32_t pointer = alloc(4 * (uint32_t)n);
  for (int i = 0; i < n; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    f32_at(pointer)[i] = (float)((int32_t)(state >> 8) - 8388608) / 8388608.0f;
  }
  return pointer;
}

/* FNV-1a, 64 bit. */
static uint64_t hash = 0xcbf29ce484222325u;
static void add(uint32_t pointer, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++) hash = (hash ^ at(pointer)[i]) * 0x100000001b3u;
}

static void sae(void) {
  uint32_t x = floats(B * D), bDec = floats(D), wEnc = floats(F * D), bEnc = floats(F);
  uint32_t centred = alloc(4 * B * D), panels = alloc(4 * B * D), scratch = alloc(4 * 32 * D);
  uint32_t pre = alloc(4 * B * F);
  uint32_t values = alloc(4 * B * 4 * K), indices = alloc(4 * B * 4 * K), counts = alloc(4 * B);
  uint32_t work = alloc(4 * (4 * K + 8));
  Z_coreZ_f32_sae_pack_8(&core, x, bDec, centred, panels, B, D);
  Z_coreZ_f32_sae_encode_4x8(&core, panels, B / 8, wEnc, bEnc, pre, D, F, 32, scratch);
  Z_coreZ_f32_topk_8(&core, pre, F, K, 0, values, indices, counts, work);
  add(pre, 4 * B * F);
  for (uint32_t s = 0; s < B; s++) {
    add(values + 16 * K * s, 4 * (uint32_t)i32_at(counts)[s]);
    add(indices + 16 * K * s, 4 * (uint32_t)i32_at(counts)[s]);
  }
  printf("encode: first latent of sample 0 is %" PRId32 " with %.9g\n", i32_at(indices)[0], f32_at(values)[0]);
}

static void convolution(void) {
  uint32_t patches = floats(PIXELS * TAPS), weights = floats(TAPS * FILTERS);
  uint32_t bias = floats(24); /* rounded up to 8 */
  uint32_t packed = alloc(4 * TAPS * 24), out = alloc(4 * PIXELS * FILTERS), edge = alloc(4 * PIXELS * 8);
  Z_coreZ_f32_gemm_pack8(&core, weights, FILTERS, packed, TAPS, FILTERS);
  Z_coreZ_f32_gemm_4x8(&core, patches, TAPS, packed, bias, out, FILTERS, PIXELS, FILTERS, TAPS, edge);
  add(out, 4 * PIXELS * FILTERS);
  printf("convolution: first output is %.9g\n", f32_at(out)[0]);
}

int main(void) {
  wasm_rt_init();
  Z_core_init_module();
  Z_core_instantiate(&core);
  top = Z_coreZ_heap_base(&core);
  sae();
  convolution();
  printf("exp(1) is %.16g\n", Z_coreZ_f64_exp(&core, 1));
  printf("hash %016" PRIx64 "\n", hash);
  Z_core_free(&core);
  return 0;
}
