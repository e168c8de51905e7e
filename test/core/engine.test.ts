import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InputError,
  init,
  MemoryLimitError,
  supportedBuilds,
  UnsupportedError,
  UsageError,
} from '../../src/index.js';
import { filled } from '../support/filled.js';
import { ROOT } from '../support/paths.js';
import { rejection } from '../support/rejection.js';

const test = suite('core/engine');

test('simd is the default, with a reason', async () => {
  const info = (await init()).info();
  assert.is(info.build, 'simd');
  assert.ok(info.reason.length > 0);
  assert.is(info.workers, 1);
});

test('no build has imports and each exports its memory', () => {
  for (const build of ['scalar', 'simd'] as const) {
    const module = new WebAssembly.Module(readFileSync(resolve(ROOT, `dist/core/${build}.wasm`)));
    assert.equal(WebAssembly.Module.imports(module), []);
    assert.ok(WebAssembly.Module.exports(module).some((e) => e.name === 'memory' && e.kind === 'memory'));
  }
});

test('elementary functions agree between builds bit for bit', async () => {
  const [a, b] = [(await init({ build: 'simd' })).math, (await init({ build: 'scalar' })).math];
  for (let i = -300; i < 300; i++) {
    const x = i * 0.37;
    for (const f of ['exp', 'expm1', 'sin', 'cos', 'tan', 'tanh'] as const)
      assert.is(a[f](x), b[f](x), `${f}(${x})`);
    assert.is(a.log(x * x + 1), b.log(x * x + 1));
    assert.is(a.pow(x * x, 0.3), b.pow(x * x, 0.3));
    assert.is(a.atan2(x, 2), b.atan2(x, 2));
    assert.ok(Math.abs(a.sin(x) - Math.sin(x)) < 1e-15 && Math.abs(a.atan2(x, 2) - Math.atan2(x, 2)) < 1e-15);
  }
});

test('accepts bytes, a module, a file URL and a Response', async () => {
  const path = resolve(ROOT, 'dist/core/simd.wasm');
  const bytes = readFileSync(path);
  for (const wasm of [
    new Uint8Array(bytes),
    new WebAssembly.Module(bytes),
    new URL(`file://${path}`),
    new Response(bytes, { headers: { 'content-type': 'text/plain' } }),
  ]) {
    const engine = await init({ wasm, build: 'simd' });
    assert.is(engine.math.exp(0), 1);
  }
});

test('HTML, a truncated module and a foreign module are told apart', async () => {
  const html = await rejection(init({ wasm: new Response('<!doctype html>') }));
  assert.instance(html, InputError);
  assert.match(html.message, 'HTML');
  const bytes = readFileSync(resolve(ROOT, 'dist/core/simd.wasm'));
  assert.instance(await rejection(init({ wasm: new Uint8Array(bytes.subarray(0, 100)) })), InputError);
  const foreign = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  assert.match((await rejection(init({ wasm: foreign }))).message, 'not a curvesae core');
});

test('unknown build, unsupported build and wrong worker counts are refused', async () => {
  assert.instance(await rejection(init({ build: 'avx' as never })), UsageError);
  assert.instance(await rejection(init({ workers: -1 })), UsageError);
  if (!supportedBuilds().relaxed)
    assert.instance(await rejection(init({ build: 'relaxed' })), UnsupportedError);
});

test('memory that is given back is used again: 1,000 cycles stay flat', async () => {
  const engine = await init();
  let capacity = 0;
  for (let i = 0; i < 1000; i++) {
    const core = engine.acquire();
    const ptr = core.alloc32(10_000);
    assert.ok(
      filled(core.f32(ptr, 10_000)).every((v) => v === 0),
      'fresh memory is zero',
    );
    core.f32(ptr, 10_000).fill(1);
    if (i === 0) capacity = core.capacity;
    assert.is(core.capacity, capacity);
    core.dispose();
    core.dispose();
  }
});

test('an impossible allocation names need and limit', async () => {
  const core = (await init()).acquire();
  try {
    core.alloc(5e9);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, MemoryLimitError);
    assert.match((error as Error).message, /needs \d+ MB, limit \d+ MB/);
  }
  assert.ok(core.alloc(16) > 0, 'the core still works');
});

test('views follow growth', async () => {
  const core = (await init()).acquire();
  const a = core.put(Float32Array.of(1, 2, 3));
  core.alloc(50 << 20);
  assert.equal([...core.f32(a, 3)], [1, 2, 3]);
});

test.run();
