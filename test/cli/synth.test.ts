// synth -> train -> eval --truth --stability, as a user types them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy } from '../../src/formats/npy.js';
import { curvesaeHere, type Json, temporaryFolder } from '../support/cli.js';

const test = suite('cli/synth');
const dir = temporaryFolder('synth');
const at = (...names: string[]) => join(dir, ...names);
const set = ['synth', '--features', '32', '--d-in', '32', '--vectors', '8192', '--active', '3'];

async function json(...args: string[]): Promise<Json> {
  const r = await curvesaeHere([...args, '--json']);
  assert.is(r.code, 0, `${args.join(' ')}: ${r.stderr}`);
  return r.json();
}

async function fails(code: number, message: RegExp, ...args: string[]): Promise<void> {
  const r = await curvesaeHere(args);
  assert.is(r.code, code, `${args.join(' ')}: ${r.stderr}`);
  assert.match(r.stderr, message);
  assert.is(r.stdout, '');
}

test('planted features are found again', async () => {
  const made = await json(...set, '--out', at('easy'));
  assert.not(made.reused);
  assert.ok(Math.abs(made.l0 - 3) < 0.1);
  assert.equal(JSON.parse(readFileSync(at('easy', 'synth.json'), 'utf8')).knobs, made.knobs);
  assert.ok((await json(...set, '--out', at('easy'))).reused);
  const x = at('easy', 'vectors.safetensors');
  for (const seed of ['1', '2'])
    await json(
      ...['train', '--activations', x, '--d-sae', '32', '--k', '3', '--batch', '512', '--steps', '800'],
      ...['--seed', seed, '--out', at(`sae${seed}`)],
    );
  const truth = at('easy', 'truth.safetensors');
  const e = await json('eval', at('sae1'), '--activations', x, '--truth', truth, '--stability', at('sae2'));
  const plain = await json('eval', at('sae1'), '--activations', x);
  assert.equal(Object.keys(e), [...Object.keys(plain), 'truth', 'stability']);
  assert.equal(Object.keys(plain), [
    'l0',
    'fvu',
    'explainedVariance',
    'gamma',
    'cosine',
    'deadFraction',
    'vectors',
  ]);
  assert.is(e.vectors, 768, 'held-out vectors');
  assert.equal(Object.keys(e.truth), ['mcc', 'uniqueness', 'f1']);
  assert.ok(e.truth.mcc > 0.9 && e.truth.mcc <= 1, `MCC ${e.truth.mcc}`);
  assert.ok(e.truth.uniqueness > 0.8 && e.truth.f1 > 0.6, JSON.stringify(e.truth));
  assert.ok(e.stability.matchedCosine > 0.8 && e.stability.pairs === 32, JSON.stringify(e.stability));
  const same = await json('eval', at('sae1'), '--activations', x, '--stability', at('sae1'));
  assert.ok(same.stability.matchedCosine > 0.999999 - same.deadFraction);
  assert.match(
    (await curvesaeHere(['eval', at('sae1'), '--activations', x, '--truth', truth])).stdout,
    /MCC 0\.9/,
  );
});

test('a set is never overwritten by another', async () => {
  await fails(2, /active 3 there, 2 here.*another folder/, ...set.slice(0, -1), '2', '--out', at('easy'));
  mkdirSync(at('mine'));
  writeFileSync(at('mine', 'vectors.safetensors'), 'my own');
  await fails(2, /vectors.safetensors.*another folder/, ...set, '--out', at('mine'));
  assert.is(readFileSync(at('mine', 'vectors.safetensors'), 'utf8'), 'my own');
});

test('wrong knobs, and truth that does not belong', async () => {
  await fails(2, /--out/, 'synth');
  await fails(2, /at most features/, 'synth', '--features', '3', '--active', '4', '--out', at('none'));
  await fails(2, /hierarchy must be/, 'synth', '--hierarchy', '1', '--out', at('none'));
  const x = at('easy', 'vectors.safetensors');
  await json(
    'synth',
    '--features',
    '32',
    '--d-in',
    '32',
    '--vectors',
    '8192',
    '--seed',
    '9',
    '--out',
    at('other'),
  );
  const evaluate = (file: string, ...rest: string[]) => ['eval', at('sae1'), '--activations', file, ...rest];
  await fails(3, /truth of other vectors/, ...evaluate(x, '--truth', at('other', 'truth.safetensors')));
  await fails(3, /needs a tensor 'directions'/, ...evaluate(x, '--truth', x));
  await fails(3, /no such file/, ...evaluate(x, '--truth', at('easy')));
  const copy = at('x.npy');
  writeFileSync(copy, encodeNpy([2, 32], new Float32Array(64).fill(1)));
  await fails(3, /truth of other vectors/, ...evaluate(copy, '--truth', at('easy', 'truth.safetensors')));
  await fails(3, /not a finished SAE/, ...evaluate(x, '--stability', at('easy')));
});

test.run();
