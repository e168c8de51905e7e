// Hidden neurons from the command line: hide, train, eval --truth, curves on what is hidden.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';

const test = suite('cli/hide');
const dir = temporaryFolder('hide');
const store = join(dir, 'store');
const hidden = join(dir, 'hidden');
const sae = join(dir, 'sae');

const json = async (...args: string[]) => {
  const r = await curvesaeHere([...args, '--json', '--quiet']);
  assert.is(r.code, 0, r.stderr);
  return r.json();
};
const refused = async (message: RegExp, ...args: string[]) => {
  const r = await curvesaeHere(args);
  assert.is(r.code, 2, r.stdout);
  assert.match(r.stderr, message);
};

test('a rotated store: its neurons are found again by an SAE, and counted', async () => {
  await json('activations', '--images', 'procedural:30', '--per-image', '32', '--out', store);
  const made = await json('hide', store, '--rotate', '--seed', '3', '--out', hidden);
  assert.equal([made.hidden, made.neurons, made.dIn, made.reused], ['rotate 96, seed 3', 96, 96, false]);
  assert.ok((await json('hide', store, '--rotate', '--seed', '3', '--out', hidden)).reused);
  await json(
    ...['train', '--activations', hidden, '--arch', 'batchtopk', '--k', '4', '--d-sae', '192'],
    ...['--steps', '300', '--batch', '512', '--out', sae],
  );
  const bare = await json('eval', sae, '--activations', hidden, '--truth');
  const { truth } = bare;
  assert.equal([truth.of, truth.baselines.random.recovered], [96, 0]);
  assert.ok(truth.meanMaxCosine > truth.baselines.random.meanMaxCosine, JSON.stringify(truth));
  assert.equal(Object.keys(truth.baselines), ['random', 'pca', 'ica', 'kmeans']);
  assert.is(truth.units, undefined);
  const file = join(made.store, 'truth.safetensors');
  const named = await json(
    ...['eval', sae, '--activations', hidden, '--truth', file, '--units', 'mixed3b_5x5:0,1'],
  );
  const { units, ...all } = named.truth;
  assert.is(units.of, 2);
  assert.equal([all.recovered, all.meanMaxCosine], [truth.recovered, truth.meanMaxCosine]);
});

test('the curve study of what is hidden: no neuron shows a curve, and the truth says what features do', async () => {
  const flags = ['--sae', sae, '--images', 'procedural:10', '--orientations', '72', '--radii', '30'];
  const { neurons, features, controls, truth, verdict, tuning } = await json('curves', ...flags);
  assert.is(truth.hidden, 'rotate 96, seed 3');
  assert.is(truth.neurons.count, 10, 'the planted neurons, which are hidden');
  assert.equal([truth.recovered.of, truth.curves.of], [96, 10]);
  assert.ok(truth.shown <= truth.curves.recovered && truth.curves.recovered <= truth.recovered.recovered);
  assert.ok(neurons.count < 10, `${neurons.count} rotated axes are curve detectors`);
  assert.is(controls.random.draws, 100);
  // Axes of a rotation are random directions: they are to give what these give.
  const { axes } = truth;
  assert.equal([axes.of, axes.draws], [96, 100]);
  assert.ok(axes.p > 0.01 && neurons.count <= Math.max(axes.detectors.p95 + 3, 3), JSON.stringify(axes));
  for (const name of ['hidden:0', 'hidden:95'])
    assert.ok(filled(tuning[name] as number[]).every((v: number) => v >= 0));
  assert.match(verdict, neurons.count ? /curve detector/ : /^No neuron is a curve detector/);
  assert.is(Object.keys(tuning).length, 96 + 96 + 192);
  for (const { unit } of neurons.detectors) assert.match(unit, /^hidden:/);
  assert.ok(features.detectors.length > 0);
  const { tuning: one } = await json('curves', ...flags, '--units', 'mixed3b_5x5:3', '--controls', 'none');
  const said = await curvesaeHere(['curves', ...flags, '--controls', 'random', '--quiet']);
  assert.match(
    said.stdout,
    /axes that are left \d+ meet the criterion, where 96 random directions as rare give /,
  );
  assert.equal(one, { 'mixed3b_5x5:3': tuning['mixed3b_5x5:3'] });
});

test('what cannot be is refused by name', async () => {
  await refused(/one of --rotate, --project N and --sum-pairs/, 'hide', store, '--out', hidden);
  await refused(/one of --rotate/, 'hide', store, '--rotate', '--project', '8', '--out', hidden);
  await refused(/from 1 to 95/, 'hide', store, '--project', '96', '--out', hidden);
  await refused(/hidden already/, 'hide', hidden, '--rotate', '--out', join(dir, 'twice'));
  await refused(/none of the 96/, 'eval', sae, '--activations', hidden, '--truth', '--units', 'mixed3b:400');
  await refused(/--units goes with --truth/, 'eval', sae, '--activations', hidden, '--units', '1');
  const r = await curvesaeHere(['eval', sae, '--activations', hidden, '--truth', store]);
  assert.is(r.code, 3);
  assert.match(r.stderr, /not the truth of these hidden neurons/);
});

test.run();
