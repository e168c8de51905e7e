// A handle is open while WebAssembly compiles (src/core/alive.ts); scripts/standstill.mjs shows what that mends.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keptAlive } from '../../src/core/alive.js';
import { decodeJpeg } from '../../src/images/jpeg.js';
import { init } from '../../src/index.js';
import { rejection } from '../support/rejection.js';

const test = suite('core/alive');
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

async function held(work: () => Promise<unknown>): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve)); // the test's own timer is over
  const before = timers();
  const promise = work();
  assert.is(timers(), before + 1, 'open while it lasts');
  await promise.catch(() => {});
  assert.is(timers(), before, 'and closed after it');
}

test('a handle is open until the work settles, whatever comes of it', async () => {
  await held(() => keptAlive(() => Promise.resolve(1)));
  await held(() => keptAlive(() => Promise.reject(new Error('no'))));
  assert.is(await keptAlive(async () => 7), 7);
  assert.is((await rejection(keptAlive(async () => Promise.reject(new Error('why'))))).message, 'why');
});

test('init() and the JPEG decoder, which compile', async () => {
  await held(() => init());
  await held(() => init({ build: 'scalar' }));
  await held(() => init({ wasm: new Uint8Array(8) }));
  await held(() => decodeJpeg(new Uint8Array(9), { width: 1, height: 1 }));
});

test.run();
