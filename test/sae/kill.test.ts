import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureNames, encodeNpy } from '../../src/index.js';
import { temporaryFolder } from '../support/cli.js';
import { killAndResume } from '../support/kill.js';
import { randomNormal } from '../support/random.js';

const test = suite('sae/kill');
/** Every architecture, topk first; some with what else a checkpoint must hold. */
const MORE: Record<string, string[]> = {
  topk: ['--k', '4', '--ema', '0.99'],
  gated: ['--l1', '1', '--resample', '40'],
  panneal: ['--ema', '0.99'],
};
const VARIANTS = architectureNames()
  .sort((a, b) => Number(b === 'topk') - Number(a === 'topk'))
  .map((name) => ['--arch', name, ...(MORE[name] ?? [])]);

test('kill -9 at random moments, resumed until done: byte-identical weights, nothing left behind', async () => {
  const dir = temporaryFolder('kill');
  const data = join(dir, 'x.npy');
  writeFileSync(data, encodeNpy([4000, 32], randomNormal(128_000, 1)));
  const rounds = Number(process.env.KILL_ROUNDS ?? 3);
  const kills = await killAndResume({
    data,
    dir,
    rounds,
    seed: rounds,
    flags: ['--d-sae', '256', '--batch', '256', '--steps', '200'],
    variants: VARIANTS,
    onRound: (round, total) => {
      if (process.env.KILL_ROUNDS) console.log(`round ${round + 1} of ${rounds}, ${total} kills`);
    },
  });
  assert.ok(kills >= rounds / 2, `${kills} kills in ${rounds} rounds`);
});

test.run();
