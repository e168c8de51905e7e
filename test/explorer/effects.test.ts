// Class effects as the explorer's worker computes them, against a plain splice of GoogLeNet; and what the data say of the
// rest of a network.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../models/convert.js';
import { LiveEffects } from '../../src/explorer/live-effects.js';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import { createSession, init, openModel, proceduralImage } from '../../src/node.js';
import type { ExplorerIndex } from '../../src/study/facts/format.js';
import { writeNetwork } from '../../src/study/facts/network-files.js';
import { memoryStorage } from '../support/memory-storage.js';
import { SHARED, sharedTest } from '../support/paths.js';

const test = suite('explorer/effects');
const engine = await init({ workers: 0 });
const WEIGHTS = 'googlenet/googlenet.safetensors';
const TAP = 'mixed4e';

sharedTest(
  test,
  WEIGHTS,
  'a unit taken away and added: the logits of a plain splice, about their mean',
  async () => {
    const model = await openModel(`${SHARED}/${WEIGHTS}`);
    const storage = memoryStorage();
    const behind = await writeNetwork(storage, model, TAP, encodeModel);
    assert.ok('bytes' in behind && behind.bytes === (await storage.size('behind.safetensors')));
    const [before, rest] = await Promise.all(
      ['model', 'behind'].map(
        async (name) => parseSafetensors(await storage.read(`${name}.safetensors`), name).tensors,
      ),
    );
    assert.is([...before.keys()].filter((name) => rest.has(name)).length, 0, 'each parameter once');
    const index = {
      run: { model: { name: 'googlenet', architecture: 'googlenet', sha256: '' }, tap: TAP, seed: 0 },
    } as ExplorerIndex;
    const effects = new LiveEffects(engine, index, new Map([...before, ...rest]), undefined, model.classes);
    const session = createSession(engine, model, { taps: ['logits'], splice: TAP });
    const unit = { kind: 'neurons', index: 11 } as const;
    const image = proceduralImage(engine.math, 0, 0, 224);
    try {
      const floats = Float32Array.from(image.data);
      const plain = (change: (v: number, position: number, channel: number) => number): Float64Array => {
        session.run(floats);
        const [x, logits] = [session.tap(TAP), session.tap('logits')];
        const { channels } = session.info(TAP);
        session.runSpliced(x.map((v, i) => change(v, Math.floor(i / channels), i % channels)));
        const moved = Float64Array.from(session.tap('logits'), (v, i) => v - logits[i]);
        const mean = moved.reduce((a, b) => a + b) / moved.length;
        return moved.map((v) => v - mean);
      };
      const ways = [
        [{ unit }, plain((v, _, channel) => (channel === 11 ? 0 : v))],
        [{ unit, add: 50 }, plain((v, at, channel) => v + (channel === 11 && at === 7 * 14 + 7 ? 50 : 0))],
      ] as const;
      for (const [request, moved] of ways) {
        const { classes, pictures } = effects.effect(image, request);
        const { up, down, largest, random } = classes!;
        assert.is(pictures, 1);
        const order = [...moved.keys()].sort((a, b) => moved[b] - moved[a]);
        assert.is(up[0].name, model.classes?.[order[0]] ?? `class ${order[0]}`);
        assert.is(up[0].change, moved[order[0]]);
        assert.is(down[0].change, moved[order.at(-1)!]);
        assert.is(largest, Math.max(up[0].change, -down[0].change));
        assert.is(random.draws, 8);
        assert.ok(random.largest > 0 && up[0].random > 0 && up[0].random <= 8 * random.largest);
      }
      assert.is(effects.effect(image, { unit, add: 50 }).pictures, 2, 'the same way goes on');
      assert.is(effects.effect(image, { unit }).pictures, 1, 'another one begins anew');
      assert.throws(
        () => effects.effect(image, { unit: { kind: 'features', index: 0 } }),
        /the autoencoder of this run is not here/,
      );
    } finally {
      session.dispose();
      effects.dispose();
    }
  },
);

test('a network that ends before its logits has no rest; one that is not there neither', async () => {
  const storage = memoryStorage();
  const model = await openModel('embedded');
  assert.equal(await writeNetwork(storage, model, 'mixed3b_5x5', encodeModel), {
    reason: 'its weights end at mixed3b, before the logits',
  });
  assert.equal(await storage.list(), ['model.safetensors']);
  assert.equal(await writeNetwork(storage, undefined, 'mixed3b_5x5', encodeModel), {
    reason: 'the network of this run is not here',
  });
});

test.run();
