// Which format a folder is in, and every architecture in every format that can say it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, LoadedSae } from '../../../src/index.js';
import { loadAnySae, type SaeFormat, saveSaeAs } from '../../../src/sae/exchange/folder.js';
import { architectures } from '../../../src/sae/registry.js';
import { bitsOf, trained } from '../../support/dictionaries.js';
import { memoryStorage } from '../../support/memory-storage.js';
import { randomNormal } from '../../support/random.js';
import { rejection } from '../../support/rejection.js';

const test = suite('sae/exchange/folder');
const engine = await init({ workers: 1 });

test('an SAE of every architecture goes out and comes back: tensors, codes and metadata', async () => {
  const written: Record<string, string[]> = {};
  for (const { name, kind, centresInput } of architectures())
    for (const format of ['dictionary_learning', 'sparsify', 'saelens'] as SaeFormat[]) {
      const sae = trained(name, 5, 12, 7);
      const out = memoryStorage({}, 'out');
      if (format === 'sparsify' && (kind !== 'topk' || !centresInput)) {
        assert.match((await rejection(saveSaeAs(out, format, sae, 'in'))).message, /sparsify/);
        assert.equal(await out.list(), []);
        continue;
      }
      if (format === 'dictionary_learning' && ['gated', 'topk'].includes(kind) && !centresInput) continue;
      await saveSaeAs(out, format, sae, 'in');
      const back = await loadAnySae(out);
      written[format] = [...(written[format] ?? []), name];
      assert.is(back.format, format);
      assert.equal(bitsOf(Object.entries(back.tensors)), bitsOf(Object.entries(sae.tensors)), name);
      assert.is(back.config.architecture, name);
      assert.is(back.config.applyBDecToInput ?? centresInput, centresInput);
      for (const key of ['model_name', 'hook_name', 'seed'])
        assert.equal(back.metadata[key], sae.metadata[key], `${name} ${format} ${key}`);
      const x = randomNormal(8 * 5, 1);
      const [a, b] = [sae, back].map(({ config, tensors }) => {
        const loaded = new LoadedSae(engine, config, tensors);
        const codes = loaded.encode(x, 8);
        loaded.dispose();
        return codes;
      });
      assert.equal(b, a);
    }
  for (const name of ['relu', 'gated', 'topk', 'jumprelu', 'batchtopk', 'matryoshka', 'panneal'])
    assert.ok(written.dictionary_learning.includes(name), name);
  assert.ok(written.sparsify.includes('topk'));
});

test('a folder of several formats, of none, and an unfinished one are refused', async () => {
  const both = memoryStorage({}, 'both');
  await saveSaeAs(both, 'saelens', trained('topk', 3, 4, 1), 'in');
  await saveSaeAs(both, 'dictionary_learning', trained('topk', 3, 4, 1), 'in');
  assert.match(
    (await rejection(loadAnySae(both))).message,
    /several formats \(sae_weights\.safetensors, ae\.pt\)/,
  );
  assert.match(
    (await rejection(loadAnySae(memoryStorage({}, 'no')))).message,
    /no: not a finished SAE folder; it needs cfg\.json and sae_weights/,
  );
  await both.remove('config.json');
  await both.remove('cfg.json');
  assert.match((await rejection(loadAnySae(both))).message, /not a finished SAE folder/);
});

test.run();
