// `model train`: the same bits for any workers, builds and interruptions; pictures by folder and by CSV; what is refused.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePng } from '../../src/images/png-write.js';
import { SHAPE_CLASSES, shapeImage } from '../../src/index.js';
import * as node from '../../src/node.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';

const test = suite('api/train-network');
const dir = temporaryFolder('train-network');
const engine = await node.init();
const quiet = { engine, warn: () => {} };
const at = (name: string) => join(dir, name);
const weights = (name: string) => readFileSync(join(dir, name, 'stem.safetensors'));

/** Two classes of four pictures each, by folder; and a CSV that names them otherwise. */
const photographs = at('photographs');
const rows: string[] = ['file,class'];
for (const [kind, name] of ['disc', 'grating'].entries()) {
  mkdirSync(join(photographs, name), { recursive: true });
  let made = 0;
  for (let i = 0; made < 4; i++) {
    const { image, class: label } = shapeImage(engine.math, 1, i, 40);
    if (SHAPE_CLASSES[label] !== name) continue;
    writeFileSync(join(photographs, name, `${made}.png`), encodePng(image.data, 40, 40));
    rows.push(`${name}/${made++}.png,${kind ? 'striped' : 'round'}`);
  }
}
writeFileSync(at('labels.csv'), `${rows.join('\n')}\n`);

const SHORT = { steps: 3, batch: 12, heldOut: 10, seed: 4 };

test('shapes: the same bits with one worker, with three, without SIMD, and after an interruption', async () => {
  const report = await node.model.train({ ...quiet, ...SHORT, out: at('one') });
  assert.is(report.parameters, 63_603);
  assert.equal(report.classes, SHAPE_CLASSES);
  assert.is(report.heldOut.count, 10);
  assert.is(report.log.length, 1);
  const three = await node.init({ workers: 3, build: 'scalar' });
  await node.model.train({ ...quiet, ...SHORT, engine: three, out: at('three') });
  assert.ok(weights('three').equals(weights('one')), 'three workers, scalar');
  const stop = new AbortController();
  const stopped = node.model.train({
    ...{ ...quiet, ...SHORT, out: at('stopped'), signal: stop.signal },
    onProgress: (p) => p.event === 'update' && p.done === 2 && stop.abort(new Error('enough')),
  });
  await stopped.then(
    () => assert.unreachable(),
    (e: Error) => assert.is(e.message, 'enough'),
  );
  const steps: number[] = [];
  const onProgress = (p: node.Progress) => void (p.event === 'update' && steps.push(p.done));
  await node.model.train({ ...quiet, ...SHORT, out: at('stopped'), onProgress });
  assert.equal(steps, [3], 'it went on');
  assert.ok(weights('stopped').equals(weights('one')), 'interrupted and resumed');
  const flags = Object.entries({ steps: 3, batch: 12, 'held-out': 10, seed: 4, out: at('one') });
  const args = flags.flatMap(([name, value]) => [`--${name}`, String(value)]);
  const again = (await curvesaeHere(['model', 'train', ...args, '--json'])).json();
  assert.is(again.reused, true);
  assert.equal(again.heldOut, report.heldOut);
  three.dispose();
});

test('what was trained is a network for every command', async () => {
  const model = await node.openModel(join(at('one'), 'stem.safetensors'));
  assert.is(model.description.architecture, 'stem');
  assert.equal(model.classes, [...SHAPE_CLASSES]);
  const png = join(photographs, 'disc/0.png');
  const [{ top }] = await node.predict({ ...quiet, model, images: png });
  assert.is(top.length, 5);
  const info = await curvesaeHere(['model', 'info', join(at('one'), 'stem.safetensors')]);
  assert.match(info.stdout, /stem, 63603 parameters, input 96 x 96/);
});

test('pictures by folder and by CSV; one of each class is held out', async () => {
  const short = { ...quiet, steps: 2, batch: 8, images: photographs };
  const folders = await node.model.train({ ...short, out: at('folders') });
  assert.equal(folders.classes, ['disc', 'grating']);
  assert.is(folders.heldOut.count, 2);
  assert.is(folders.heldOut.chance, 0.5);
  const images = join(photographs, '**/*.png');
  const csv = await node.model.train({ ...short, images, labels: at('labels.csv'), out: at('csv') });
  assert.equal(csv.classes, ['round', 'striped']);
  assert.ok(weights('csv').equals(weights('folders')), 'names of classes change no bit');
  const shuffled = await node.model.train({ ...short, shuffleLabels: true, seed: 1, out: at('shuffled') });
  assert.not.ok(weights('shuffled').equals(weights('folders')));
  assert.is(shuffled.heldOut.count, 2);
});

test('refused before any work, each with one clear line', async () => {
  const cases: [string[], number, RegExp][] = [
    [['--out', at('one'), '--seed', '5'], 2, /already holds a network of another training, which is kept/],
    [['--out', at('x'), '--labels', at('labels.csv')], 2, /labels are of photographs/],
    [['--out', at('x'), '--images', join(photographs, 'disc')], 3, /no image matches/],
    [
      ['--out', at('x'), '--images', join(photographs, 'disc/*.png')],
      3,
      /the pictures have one class, 'disc'; two are needed/,
    ],
    [['--out', at('x'), '--lr', '0'], 2, /lr must be above 0/],
    [[], 2, /model train needs --out DIR/],
  ];
  for (const [args, code, message] of cases) {
    const result = await curvesaeHere(['model', 'train', ...args]);
    assert.is(result.code, code, result.stderr);
    assert.match(result.stderr.trim().split('\n').pop()!, message);
  }
  const list = await curvesaeHere(['model', 'list', '--steps', '3']);
  assert.match(list.stderr, /--steps is of model train, not of model list/);
});

test('a damaged checkpoint, or one of another run, is not gone on with', async () => {
  const stop = new AbortController();
  const out = at('damaged');
  await node.model
    .train({
      ...quiet,
      ...SHORT,
      out,
      signal: stop.signal,
      onProgress: (p) => p.event === 'update' && stop.abort(new Error('x')),
    })
    .catch(() => {});
  const file = join(out, 'checkpoint.safetensors');
  const whole = readFileSync(file);
  const fails = async (message: RegExp, seed = SHORT.seed) =>
    node.model.train({ ...quiet, ...SHORT, seed, out }).then(
      () => assert.unreachable(),
      (e: Error) => {
        assert.instance(e, node.InputError);
        assert.match(e.message, message);
      },
    );
  await fails(/belongs to another run \(.*seed 4 there, 5 here/, 5);
  const bad = Buffer.from(whole);
  bad[bad.length - 3] ^= 1;
  writeFileSync(file, bad);
  await fails(/is corrupt \(checksum\); train into another folder/);
});

test.run();
