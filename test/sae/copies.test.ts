// A step whose samples other threads encode, with copies of its weights, has the bits of one thread.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pool } from '../../src/core/pool.js';
import { init, trainSae } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { Copies, openCopies } from '../../src/sae/copies/copies.js';
import type { CopyStart } from '../../src/sae/copies/helper.js';
import { filled } from '../support/filled.js';
import { ALL_OBJECTIVES, bitsOf, optionsOf, source } from '../support/training.js';

const test = suite('sae/copies');
const engines = await Promise.all([1, 2, 3].map((workers) => init({ workers })));
const pools = engines.map((engine) => nodePool(engine, undefined));
test.after(() => {
  for (const pool of pools) pool.dispose();
});

const COPIES = { slices: 'copies' } as const;

/** How many blocks were encoded together while something ran. */
async function together<T>(run: () => Promise<T>): Promise<{ result: T; blocks: number }> {
  let blocks = 0;
  const { encode } = Copies.prototype;
  Copies.prototype.encode = async function (...given) {
    const found = await encode.apply(this, given);
    if (found?.length === this.members - 1) blocks++;
    return found;
  };
  try {
    return { result: await run(), blocks };
  } finally {
    Copies.prototype.encode = encode;
  }
}

for (const [i, [architecture, settings]] of ALL_OBJECTIVES.entries()) {
  const threads = i % 4 === 0 ? 2 : 1;
  test(`${architecture} ${JSON.stringify(settings)}: the same bits with ${threads} other thread${threads > 1 ? 's' : ''}`, async () => {
    const options = optionsOf(architecture, settings);
    const alone = bitsOf(await trainSae(engines[0], source, options));
    const { result, blocks } = await together(() =>
      trainSae(engines[threads], source, options, { pool: pools[threads], ...COPIES }),
    );
    assert.ok(blocks >= options.steps, `${blocks} blocks`);
    assert.equal(bitsOf(result), alone);
  });
}

test('in the scalar build, and of few samples, which the last thread has none of', async () => {
  const scalar = await init({ workers: 3, build: 'scalar' });
  const pool = nodePool(scalar, undefined);
  for (const batch of [9, 100]) {
    const options = optionsOf('topk', { k: 5, batch });
    const alone = bitsOf(await trainSae(engines[0], source, options));
    assert.equal(bitsOf(await trainSae(scalar, source, options, { pool, ...COPIES })), alone, `${batch}`);
  }
  pool.dispose();
});

test('a thread that ends takes nothing with it: the run goes on alone', async () => {
  const options = optionsOf('batchtopk', { k: 4 });
  const pool = nodePool(engines[2], undefined);
  const { result, blocks } = await together(() =>
    trainSae(engines[2], source, options, {
      ...{ pool, ...COPIES },
      onStep: (step) => {
        if (step === 2) pool.dispose();
      },
    }),
  );
  assert.ok(blocks >= 2 && blocks < options.steps, `${blocks} blocks`);
  assert.equal(bitsOf(result), bitsOf(await trainSae(engines[0], source, options)));
});

test('threads are the pool’s again afterwards; who comes late takes no part; small runs take none', async () => {
  const size = { dIn: 192, dSae: 3072, batch: 2048, steps: 1000 };
  assert.is(openCopies(pools[1], { ...size, dSae: 16 }, false), undefined);
  assert.is(openCopies(pools[0], size, false), undefined);
  assert.ok(openCopies(pools[1], size, false));
  const copies = new Copies();
  const p = { sizes: { d: 8, f: 16, D: 8, F: 16 } } as never;
  const spec = {
    parameters: p,
    encoders: [{ selection: { rule: 'relu' as const }, block: 16, capacity: 256 }],
  };
  // A thread that says that it is there when nobody waits any more.
  let port!: MessagePort;
  const told = new Promise((resolve) => {
    const late = {
      run: (_: string, start: CopyStart) => {
        ({ port } = start);
        port.onmessage = ({ data }) => resolve(data);
        return new Promise(() => {});
      },
    } as unknown as Pool;
    void copies.start(late, 1, spec, 0).then(() => port.postMessage('ready'));
  });
  assert.is(await told, 'stop');
  assert.is(copies.members, 1);
  port.close();
  const runs = Array.from({ length: 2 }, () =>
    trainSae(engines[2], source, optionsOf('topk', { k: 5 }), { pool: pools[2], ...COPIES }),
  );
  const all = (await Promise.all(runs)).map(bitsOf);
  for (const one of filled(all)) assert.equal(one, all[0]);
});

test.run();
