// Pictures through a network: many on all threads, few on this one, the same either way.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import { forward, init } from '../../src/node.js';
import { temporaryFolder } from '../support/cli.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/each-picture');
const dir = temporaryFolder('each-picture');
const call = { model: 'embedded', taps: ['mixed3a_1x1'], warn: assert.unreachable };

async function taps(name: string, workers: number, images: string): Promise<Buffer> {
  const out = join(dir, `${name}.safetensors`);
  const report = await forward({ ...call, engine: await init({ workers }), images, out });
  assert.is(report.images, Number(images.split(':')[1]));
  return readFileSync(out);
}

test('many pictures on two threads give the bytes of one, and few are the first of many', async () => {
  const many = await taps('two', 2, 'procedural:13');
  assert.ok(many.equals(await taps('one', 1, 'procedural:13')));
  const of = (bytes: Buffer) => parseSafetensors(bytes, 'taps').tensors;
  const few = of(await taps('few', 2, 'procedural:2'));
  assert.is(few.size, 2);
  for (const [name, tensor] of few) assert.equal(tensor.f32(), of(many).get(name)!.f32(), name);
});

test('aborted, it ends with the reason and without a file', async () => {
  const stop = new AbortController();
  const engine = await init({ workers: 2 });
  const work = forward({
    ...{
      ...call,
      engine,
      images: 'procedural:40',
      out: join(dir, 'stopped.safetensors'),
      signal: stop.signal,
    },
    onProgress: (p) => {
      if (p.event === 'update') stop.abort();
    },
  });
  assert.is((await rejection(work)).name, 'AbortError');
  assert.throws(() => readFileSync(join(dir, 'stopped.safetensors')), /ENOENT/);
});

test.run();
