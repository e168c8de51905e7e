// Vectors learnt by heart: held-out against training FVU, passes over the data, and pictures that are too few.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy } from '../../src/index.js';
import { heldOutDoubts, passesDoubts, passesText } from '../../src/pipeline/held-out.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { randomNormal } from '../support/random.js';

const test = suite('cli/held-out');
const dir = temporaryFolder('held-out');
const data = join(dir, 'x.npy');
const sae = join(dir, 'sae');
const FAR = /held-out FVU 0\.\d+ is far above the 0\.\d+ of training vectors/;
writeFileSync(data, encodeNpy([640, 16], randomNormal(640 * 16, 1)));

test('far above: half as much again, and by a hundredth', () => {
  assert.equal(heldOutDoubts(0.05, 0.04), []);
  assert.equal(heldOutDoubts(0.004, 0.001), []);
  assert.match(heldOutDoubts(0.09, 0.05)[0], FAR);
  assert.equal(passesDoubts({ steps: 100, batch: 10 }, 10), []);
  assert.match(
    passesDoubts({ steps: 101, batch: 10 }, 10)[0],
    /^101 passes over 10 training .*--steps 100 at most$/,
  );
  assert.equal(
    [passesText({ steps: 1, batch: 5 }, 10), passesText({ steps: 25, batch: 5 }, 2)],
    ['0.50 passes', '63 passes'],
  );
});

test('train says it of Gaussian vectors that it has no room to generalise from, in words and in numbers', async () => {
  const flags = ['--arch', 'topk', '--k', '4', '--d-sae', '512', '--batch', '64', '--steps', '1200'];
  const made = await curvesaeHere(['train', '--activations', data, ...flags, '--out', sae, '--json']);
  assert.is(made.code, 0, made.stderr);
  const { heldOut, warnings } = made.json();
  assert.ok(heldOut.fvu > 1.5 * heldOut.trainFvu, JSON.stringify(heldOut));
  assert.ok(
    warnings.some((w: string) => FAR.test(w)),
    warnings.join('\n'),
  );
  assert.match(made.stderr, FAR);
  assert.match(made.stderr, /1200 steps of 64 of 576 vectors, 133 passes/);
  assert.ok(warnings.some((w: string) => /^133 passes over 576 training vectors, more than 100/.test(w)));
  const again = await curvesaeHere(['train', '--activations', data, ...flags, '--out', sae]);
  assert.match(again.stderr, FAR, 'what is reused is as doubtful');
  assert.match(
    again.stdout,
    /FVU 0\.\d{4} on held-out vectors \(0\.\d{4} on training vectors\) \(already there\)/,
  );
});

test('eval has both, on held-out vectors alone', async () => {
  const heldOut = await curvesaeHere(['eval', sae, '--activations', data]);
  assert.match(heldOut.stdout, /FVU 0\.\d{5} \(0\.\d{5} on training vectors\)/);
  assert.match(heldOut.stderr, FAR);
  const all = await curvesaeHere(['eval', sae, '--activations', data, '--split', 'all', '--json']);
  assert.is(all.json().trainFvu, undefined);
  assert.not.match(all.stderr, FAR);
});

test('three photographs are refused before any work, or work with the batch that is named', async () => {
  const out = join(dir, 'run');
  const flags = ['run', '--images', 'procedural:3', '--out', out];
  const refused = await curvesaeHere(flags);
  assert.is(refused.code, 2);
  assert.match(
    refused.stderr,
    /a batch of \d+ is larger than the \d+ training vectors; use --batch \d+ or less/,
  );
  assert.not.ok(existsSync(out));
  const batch = /use --batch (\d+)/.exec(refused.stderr)![1];
  const small = [
    '--steps',
    '30',
    '--d-sae',
    '32',
    '--radii',
    '30',
    '--orientations',
    '8',
    '--controls',
    'random',
  ];
  const made = await curvesaeHere([...flags, ...small, '--batch', batch, '--json']);
  assert.is(made.code, 0, made.stderr);
  const { sae, verdict } = made.json();
  assert.match(verdict, /3 photographs|photographs \(3\)/);
  assert.is(sae.passes, 30);
  assert.type(sae.trainFvu, 'number');
});

test.run();
