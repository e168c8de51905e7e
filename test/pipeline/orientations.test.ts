// The same run at 36, 90 and 720 orientations: fewer are interpolated, so that a count may differ; what is
// concluded may not, and the sentence says which it was.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { proceduralSet } from '../../src/images/procedural-set.js';
import { imageSetHash } from '../../src/images/source.node.js';
import { embeddedModel, init } from '../../src/index.js';
import { runJob } from '../../src/pipeline/job.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import type { JobResult } from '../../src/study/result.js';
import { memoryStorage } from '../support/memory-storage.js';

const test = suite('pipeline/orientations');
const engine = await init();
const model = await embeddedModel(engine.math);
const images = proceduralSet(100, 0);
const pool = nodePool(engine, model);
test.after(() => pool.dispose());

/** What is concluded, without its numbers, and without what is missing. */
const conclusion = ({ verdict }: JobResult): string =>
  verdict!.replace(/; missing:.*/, '').match(/that (is|fills) (no )?more[a-z ]*/)![0];

test('36, 90 and 720 orientations conclude the same', async () => {
  const env = {
    ...{ engine, pool, model, images, version: 'test', out: memoryStorage() },
    imagesHash: await imageSetHash(images),
    progress: { start: () => {}, update: () => {}, finish: () => {} },
  };
  const results: JobResult[] = [];
  for (const orientations of [36, 90, 720]) {
    const { result } = await runJob(env, {
      train: { architecture: 'batchtopk', dSae: 192, k: 4, batch: 1024, steps: 800 },
      curves: { radii: [30], orientations },
      controls: ['random'],
    });
    results.push(result);
  }
  const all = results.at(-1)!;
  const fewer = results.slice(0, -1);
  assert.ok(all.sae.fvu < 0.1 && all.curves.features!.count > 0);
  assert.equal(
    results.map(({ verdict }) => /orientations \((\d+) of 720/.exec(verdict!)?.[1]),
    ['36', '90', undefined],
  );
  for (const few of fewer) {
    const { curves } = few;
    assert.is(few.paths.sae, all.paths.sae);
    assert.is(conclusion(few), conclusion(all));
    assert.is(curves.filledGaps!.length, all.curves.filledGaps!.length);
    for (const kind of ['neurons', 'features'] as const)
      assert.ok(Math.abs(curves[kind]!.count - all.curves[kind]!.count) <= 0.2 * all.curves[kind]!.count + 1);
  }
});

test.run();
