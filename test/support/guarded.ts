// Guard bytes around every buffer that a kernel touches, and a simd/scalar pair of cores.
import { relativeError as errorOf } from '../../src/bench/measure.js';
import { type Core, type Engine, init } from '../../src/index.js';

const GUARD = 64;
const PATTERN = 0xa5;

/** Allocations with guard bytes on both sides; `check` throws where one was overwritten. */
export class Guarded {
  #blocks: { ptr: number; bytes: number; name: string }[] = [];
  constructor(readonly core: Core) {}

  /** `bytes` (a multiple of 4) filled with NaN bits, directly followed by guard bytes. */
  alloc(bytes: number, name = 'buffer'): number {
    const base = this.core.alloc(bytes + 2 * GUARD);
    this.core.u8(base, bytes + 2 * GUARD).fill(PATTERN);
    this.core.f32(base + GUARD, bytes >> 2).fill(Number.NaN);
    this.#blocks.push({ ptr: base + GUARD, bytes, name });
    return base + GUARD;
  }

  f32(data: ArrayLike<number>, name = 'buffer'): number {
    const ptr = this.alloc(4 * data.length, name);
    this.core.f32(ptr, data.length).set(data);
    return ptr;
  }

  i32(data: ArrayLike<number>, name = 'buffer'): number {
    const ptr = this.alloc(4 * data.length, name);
    this.core.i32(ptr, data.length).set(data);
    return ptr;
  }

  check(): void {
    for (const { ptr, bytes, name } of this.#blocks) {
      const before = this.core.u8(ptr - GUARD, GUARD);
      const after = this.core.u8(ptr + bytes, GUARD);
      if (!before.every((b) => b === PATTERN)) throw new Error(`guard bytes before ${name} were overwritten`);
      if (!after.every((b) => b === PATTERN)) throw new Error(`guard bytes after ${name} were overwritten`);
    }
  }
}

/** Engines of the builds that must agree bit for bit. */
export async function bothBuilds(): Promise<{ simd: Engine; scalar: Engine }> {
  return { simd: await init({ build: 'simd' }), scalar: await init({ build: 'scalar' }) };
}

/** Runs `job` on a fresh core of each build, checks guards, demands equal bits, returns the simd result. */
export function onBoth(
  engines: { simd: Engine; scalar: Engine },
  job: (g: Guarded, core: Core) => Float32Array,
): Float32Array {
  const [simd, scalar] = [engines.simd, engines.scalar].map((engine) => {
    const core = engine.acquire();
    const guarded = new Guarded(core);
    const result = job(guarded, core).slice();
    guarded.check();
    core.dispose();
    return result;
  });
  if (simd.length !== scalar.length)
    throw new Error(`simd gives ${simd.length} values, scalar ${scalar.length}`);
  if (!simd.length) throw new Error('no value to compare');
  const a = new Uint32Array(simd.buffer);
  const b = new Uint32Array(scalar.buffer);
  for (let i = 0; i < a.length; i++)
    // Which NaN an operation gives is the engine's choice: NaN equals NaN here.
    if (a[i] !== b[i] && !(Number.isNaN(simd[i]) && Number.isNaN(scalar[i])))
      throw new Error(`simd and scalar differ at ${i}: ${simd[i]} and ${scalar[i]}`);
  return simd;
}

/** max |a - b| over max |b|; throws where there is nothing to compare, or not as much on both sides. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values and ${b.length}`);
  if (!b.length) throw new Error('no value to compare');
  return errorOf(a, b);
}
