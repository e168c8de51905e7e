// A step cut over the threads of a page that is isolated has the bits of Node, although a page's own thread may not
// sleep; where memory cannot be shared, threads with copies have them. In Firefox in npm run test:soak.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Team } from '../../src/core/team.js';
import { init, Rng, trainSae } from '../../src/index.js';
import { nodePool } from '../../src/pipeline/pool.node.js';
import { Copies } from '../../src/sae/copies/copies.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { hasBrowser, missingBrowser } from '../support/browser.js';
import { LONG } from '../support/long.js';
import { ISOLATED } from '../support/site.js';
import { runIn, Tabs } from '../support/tab.js';

const test = suite('sae/slices in pages');
const MODULES = ['src/index.js', 'src/vectors/matrix.js', 'src/core/team.js', 'src/sae/copies/copies.js'];

type Parts = Pick<typeof import('../../src/index.js'), 'init' | 'trainSae' | 'webPool' | 'Rng'> &
  Pick<typeof import('../../src/vectors/matrix.js'), 'matrixVectors'> &
  Pick<typeof import('../../src/core/team.js'), 'Team'> &
  Pick<typeof import('../../src/sae/copies/copies.js'), 'Copies'>;

/** Trains a small SAE on two threads: a sum over its bits, how many threads took part, and of these with copies. */
async function trained(
  { init, webPool, trainSae, matrixVectors, Rng, Team, Copies }: Parts,
  build: 'simd' | 'scalar',
) {
  const engine = await init({ workers: 2, build });
  let [members, copies] = [0, 0];
  const { start } = Team.prototype;
  Team.prototype.start = async function (...given) {
    await start.apply(this, given);
    members = this.members;
  };
  const { start: copy } = Copies.prototype;
  Copies.prototype.start = async function (...given) {
    await copy.apply(this, given);
    copies = this.members;
  };
  const rng = new Rng(1);
  const data = Float32Array.from({ length: 300 * 24 }, () => rng.uniform() - 0.5);
  const source = matrixVectors({ label: 'x', hash: 'x', shape: [300, 24], data }, 'all');
  const pool = webPool(engine, undefined);
  const options = { architecture: 'gated', dSae: 200, batch: 64, steps: 3, seed: 0 };
  const { tensors } = await trainSae(engine, source, options, { pool, slices: 'always' });
  pool.dispose();
  Team.prototype.start = start;
  Copies.prototype.start = copy;
  const bits = new Int32Array(tensors.W_dec.data.buffer);
  return { sum: bits.reduce((sum, b, i) => (Math.imul(sum, 31) + b + i) | 0, 0), members, copies };
}

const parts = { init, trainSae, matrixVectors, Rng, Team, Copies, webPool: nodePool };
const wanted = await trained(parts, 'simd');

test('two threads in Node', () => {
  assert.equal([wanted.members, wanted.copies], [2, 0]);
  assert.is.not(wanted.sum, 0);
});

for (const browser of LONG ? (['chromium', 'firefox'] as const) : (['chromium'] as const)) {
  if (!hasBrowser(browser)) {
    console.log(`skipped: sae/slices in ${browser} ${missingBrowser(browser)}`);
    continue;
  }
  test(`${browser}: isolated pages share memory, others copy; the same bits`, async () => {
    for (const headers of [ISOLATED, {}]) {
      const tabs = Tabs.shared(browser);
      tabs.headers = headers;
      await tabs.serve();
      try {
        const page = await tabs.open();
        const found = await runIn(page, { worker: false }, MODULES, trained, 'simd' as const);
        const [members, copies] = headers === ISOLATED ? [2, 0] : [0, 2];
        assert.equal(found, { sum: wanted.sum, members, copies });
        await page.close();
      } finally {
        await tabs.end();
      }
    }
  });
}

test.run();
