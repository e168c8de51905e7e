import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy } from '../../src/index.js';
import { curvesaeHere, type Json, temporaryFolder } from '../support/cli.js';
import { randomNormal } from '../support/random.js';

const test = suite('cli/sweep');
const dir = temporaryFolder('sweep');
const data = join(dir, 'x.npy');
writeFileSync(data, encodeNpy([600, 12], randomNormal(7200, 1)));
const ARGS = ['sweep', '--activations', data, '--steps', '20', '--batch', '64', '--d-sae', '32', '--quiet'];

test('writes SAE folders, sweep.json and a page; repeating it changes nothing; each SAE is one that train makes', async () => {
  const out = join(dir, 'out');
  const args = [
    ...ARGS,
    '--archs',
    'relu-unit,gated,topk',
    '--l1',
    '1,4',
    '--k',
    '3',
    '--out',
    out,
    '--json',
  ];
  const first = await curvesaeHere(args);
  assert.is(first.code, 0, first.stderr);
  const result = first.json() as Json;
  assert.equal(readdirSync(join(out, 'saes')).sort(), [
    'gated-l1-1',
    'gated-l1-4',
    'relu-unit-l1-1',
    'relu-unit-l1-4',
    'topk-k-3',
  ]);
  assert.equal(JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8')), result);
  assert.match(readFileSync(join(out, 'sweep.html'), 'utf8'), 'gated-l1-4');
  const again = (await curvesaeHere(args)).json() as Json;
  assert.equal(again.rows, result.rows);
  const alone = join(dir, 'alone');
  const train = [
    'train',
    '--activations',
    data,
    '--steps',
    '20',
    '--batch',
    '64',
    '--d-sae',
    '32',
    '--quiet',
  ];
  assert.is((await curvesaeHere([...train, '--arch', 'gated', '--l1', '4', '--out', alone])).code, 0);
  const weights = (folder: string) => readFileSync(join(folder, 'sae_weights.safetensors'));
  assert.ok(weights(alone).equals(weights(join(out, 'saes', 'gated-l1-4'))));
});

test('wrong grids end in one line and exit 2; a diverging SAE is a partial result', async () => {
  const out = join(dir, 'wrong');
  const fails = async (message: RegExp, ...args: string[]) => {
    const r = await curvesaeHere([...ARGS, '--out', out, ...args]);
    assert.is(r.code, 2, r.stderr);
    assert.match(r.stderr, message);
    assert.is(r.stderr.trim().split('\n').length, 1);
  };
  await fails(/closest: topk/, '--archs', 'tpok');
  await fails(/k 64 is larger than d_sae 32/, '--archs', 'topk', '--k', '64');
  await fails(/--l1: 'x' is not a number/, '--archs', 'relu', '--l1', 'x');
  await fails(/relu-l1-1 twice/, '--archs', 'relu,relu', '--l1', '1');
  await fails(/needs --model, --images and --labels/, '--archs', 'relu', '--downstream');
  const r = await curvesaeHere([
    ...ARGS,
    '--out',
    out,
    '--archs',
    'relu,topk',
    '--l1',
    '1',
    '--k',
    '2',
    '--lr',
    '1e30',
    '--json',
  ]);
  assert.is(r.code, 4);
  const rows = (r.json() as Json).rows as Json[];
  assert.match(String(rows[0].error), 'training stopped');
});

test.run();
