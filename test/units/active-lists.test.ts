import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { activeLists } from '../../src/units/active-lists.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { randomNormal } from '../support/random.js';

const test = suite('units/active-lists');
const engine = await init({ workers: 2 });
/** Enough for other threads to be asked. */
const [d, f, n] = [32, 2048, 20_000];
const tensor = (shape: number[], seed: number) => ({
  shape,
  data: randomNormal(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
});
const sae = new LoadedSae(
  engine,
  { architecture: 'topk', dIn: d, dSae: f, k: 3 },
  { W_enc: tensor([d, f], 1), W_dec: tensor([f, d], 2), b_enc: tensor([f], 3), b_dec: tensor([d], 4) },
);
const source = matrixVectors({ label: 'x', hash: 'x', shape: [n, d], data: randomNormal(n * d, 5) }, 'all');

test('threads give the lists that one gives: of all documents, and of some', async () => {
  const pool = nodePool(engine, undefined);
  pool.warm(); // so that this little is worth telling them
  try {
    for (const most of [undefined, 9001]) {
      const here = await activeLists(sae, source, { most });
      const seen: number[] = [];
      const there = await activeLists(sae, source, { most, pool, onProgress: (done) => seen.push(done) });
      assert.equal(there, here);
      assert.is(here.start[here.documents], here.index.length);
      assert.is(seen[seen.length - 1], most ?? n);
    }
  } finally {
    pool.dispose();
  }
});

test('what fires is what encode() says', async () => {
  const lists = await activeLists(sae, source, { most: 50 });
  const rows = Array.from({ length: 50 }, (_, i) => Math.floor((i * n) / 50));
  const x = await source.load(0);
  for (const [s, row] of rows.entries()) {
    const dense = sae.encode(x.slice(row * d, (row + 1) * d));
    const fires = [...dense.keys()].filter((i) => dense[i] > 0);
    assert.equal([...lists.index.subarray(lists.start[s], lists.start[s + 1])], fires);
    assert.equal(
      [...lists.value.subarray(lists.start[s], lists.start[s + 1])],
      fires.map((i) => dense[i]),
    );
  }
});

test.after(() => sae.dispose());
test.run();
