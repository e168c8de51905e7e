// disentangle --task city, as a command: rows, page, the sentence on the weights, what is kept, what is refused.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as node from '../../src/node.js';
import { saveSae } from '../../src/sae/saelens.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { saeOfRows } from '../support/disentangle.js';
import { huggingFaceFile } from '../support/gpt2.js';
import { plantedText, promptFile } from '../support/planted-gpt2.js';

const test = suite('api/city');
const dir = temporaryFolder('city');
const engine = await node.init({ workers: 1 });
const { model, files, dictionary } = await plantedText(engine);
const folder = join(dir, 'planted');
mkdirSync(folder);
const weights = join(folder, 'model.safetensors');
writeFileSync(weights, huggingFaceFile(model));
writeFileSync(join(folder, 'config.json'), JSON.stringify({ n_head: 4 }));
writeFileSync(join(folder, 'vocab.json'), files.vocab);
writeFileSync(join(folder, 'merges.txt'), files.merges);
const [country, continent] = (['country', 'continent'] as const).map((name) => {
  const file = join(dir, `final_data_${name}.json`);
  writeFileSync(file, promptFile(name));
  return file;
});
const sae = join(dir, 'sae');
{
  const { config, tensors } = saeOfRows(engine, dictionary, 64);
  await saveSae(node.nodeStorage(sae), config, tensors, { hook_name: 'blocks.0.hook_resid_post' });
}
const CITY = ['disentangle', '--task', 'city', '--model', weights];
const PROMPTS = ['--prompts', `country=${country},continent=${continent}`];

test('rows, ends and the page; repeated, everything is taken', async () => {
  const out = join(dir, 'out');
  const args = [
    ...[
      ...CITY,
      ...PROMPTS,
      '--sae',
      sae,
      '--methods',
      'sae,sae+error,das-4',
      '--epochs',
      '3',
      '--seeds',
      '1',
    ],
    ...['--rate', '0.02', '--workers', '1', '--out', out],
  ];
  const made = await curvesaeHere([...args, '--json']);
  assert.is(made.code, 0, made.stderr);
  const result = made.json();
  assert.equal(
    [result.task, result.tap, result.readout.read],
    ['city', 'blocks.0.hook_resid_post', 'logits'],
  );
  assert.is(result.rows.length, 6);
  assert.equal(Object.keys(result.rows[0]).slice(0, 4), ['method', 'attribute', 'cause', 'isolate']);
  const { accuracy, chance, classes } = result.readout.attributes.country;
  assert.equal([accuracy, chance, classes.length], [1, 0.25, 4]);
  assert.equal(result.settings.city.prompts.continent.prompts, 12);
  assert.is(result.settings.city.published, false);
  assert.is(result.settings.steps, 3 * 12);
  // Without its error this SAE keeps the two attributes alone: what else the stream holds is damaged.
  assert.ok(result.rows[0].nothing !== null && result.rows[2].nothing === null);
  const page = readFileSync(join(out, 'disentangle.html'), 'utf8');
  for (const part of [
    'Beside the paper',
    'not the published ones of GPT-2 small',
    'changed at token -8',
    'blocks.0.hook_resid_post',
  ])
    assert.ok(page.includes(part), part);
  const again = await curvesaeHere(args);
  assert.match(again.stdout, /country: 4 values, prompts answered 1\.00 right \(chance 0\.25\)/);
  assert.match(again.stdout, /not the published ones of GPT-2 small/);
  assert.equal(JSON.parse(readFileSync(join(out, 'disentangle.json'), 'utf8')).rows, result.rows);
});

test('several taps: a row says its own, bars stand by tap, and behind the block that moves the city all are the no-op', async () => {
  const out = join(dir, 'taps');
  const taps = ['blocks.0.hook_resid_post', 'blocks.1.hook_resid_post'];
  const made = await curvesaeHere([
    ...[
      ...CITY,
      ...PROMPTS,
      '--tap',
      taps.join(','),
      '--methods',
      'das-4',
      '--epochs',
      '3',
      '--seeds',
      '1',
      '--json',
    ],
    ...['--rate', '0.02', '--workers', '1', '--out', out],
  ]);
  assert.is(made.code, 0, made.stderr);
  const { tap, baseline, rows, readout } = made.json();
  assert.is(tap, taps.join(','));
  assert.equal(Object.keys(baseline), ['country', 'continent']);
  assert.equal(
    rows.map((row: { tap: string }) => row.tap),
    [taps[0], taps[0], taps[1], taps[1]],
  );
  for (const { attribute, disentangle, tap: own } of rows)
    assert.is(disentangle === baseline[attribute], own === taps[1], `${attribute} ${own}`);
  assert.equal(Object.keys(readout.attributes)[1], `country at ${taps[1]}`);
  const page = readFileSync(join(out, 'disentangle.html'), 'utf8');
  for (const where of taps) assert.ok(page.includes(`continent at ${where}`), where);
});

test('bad input: one clear line before any training', async () => {
  const says = async (args: string[], code: number, text: RegExp) => {
    const r = await curvesaeHere([...args, '--out', join(dir, 'none')]);
    assert.is(r.code, code, r.stderr);
    assert.match(r.stderr, text);
    assert.is(r.stderr.trim().split('\n').length, 1, r.stderr);
  };
  const tap = ['--tap', 'blocks.0.hook_resid_post', '--methods', 'neurons'];
  await says([...CITY, ...PROMPTS], 2, /needs --tap/);
  await says([...CITY, ...tap], 2, /needs --prompts of two attributes/);
  await says([...CITY, ...tap, '--prompts', `a=${country},a=${continent}`], 2, /names 'a' twice/);
  await says([...CITY, ...tap, '--prompts', `a=${country},b=${join(dir, 'no.json')}`], 3, /no such file/);
  await says([...CITY, ...PROMPTS, '--tap', 'blocks.9.hook_resid_post'], 2, /blocks\.0\.hook_resid_post/);
  await says([...CITY, ...PROMPTS, ...tap, '--position', '-99'], 2, /have \d+ tokens/);
  await says([...CITY, ...PROMPTS, ...tap, '--batch', '100'], 3, /144 pairs are 2 batches of 100/);
  await says(
    [...CITY, ...PROMPTS, '--tap', 'blocks.0.mlp.hook_post', '--sae', sae],
    2,
    /vectors of 16 dimensions do not fit/,
  );
  await says(
    ['disentangle', '--task', 'city', '--model', 'embedded', ...PROMPTS, '--tap', 'mixed3a'],
    2,
    /reads pictures, not text/,
  );
  await says(['disentangle', '--task', 'vision', ...PROMPTS], 2, /--prompts is not for the vision task/);
  const odd = join(dir, 'odd.json');
  writeFileSync(
    odd,
    JSON.stringify([
      [
        ['a b', 'Xan'],
        ['a b c', 'Yor'],
      ],
    ]),
  );
  await says(
    [...CITY, ...tap, '--prompts', `country=${odd},continent=${continent}`],
    3,
    /its prompt has \d tokens and the first \d/,
  );
});

test.run();
