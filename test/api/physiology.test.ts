// Sheets of the embedded network's first layer, whose filters are known: orientation, wavelength and phase of Gabors.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, saveSae } from '../../src/index.js';
import { nodeStorage, physiology } from '../../src/node.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { axesSae } from '../support/planted-sae.js';

const test = suite('api/physiology');
const dir = temporaryFolder('physiology');
const sae = join(dir, 'sae');
const out = join(dir, 'out');
const engine = await init({ workers: 2 });
const axes = axesSae(engine, 64, 64);
await saveSae(nodeStorage(sae), axes.config, axes.tensors, { hook_name: 'conv2d0', model_name: 'embedded' });
axes.dispose();
/** Gabors of normal 45 degrees in four phases a quarter apart, one as a feature of the SAE that is the axes; a colour. */
const GABORS = [12, 13, 14, 15].map((i) => `conv2d0:${i}`);
const units = [...GABORS, 'f12', 'conv2d0:60'];
const report = await physiology({ engine, sae, units, images: 'procedural:16', orientations: 24, out });

const argmax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

test('a Gabor answers to gratings of its orientation, wavelength and phase', () => {
  assert.equal(JSON.parse(readFileSync(join(out, 'physiology.json'), 'utf8')), report);
  const { panels } = report;
  const best = (unit: string, panel: keyof typeof panels) =>
    panels[panel].x.values[argmax(report.units[unit].panels[panel].values[0])];
  for (const unit of GABORS) {
    // Of hardly more than one wave: a line's filter, too.
    assert.ok(/^(Gabor|line)$/.test(report.units[unit].family), unit);
    assert.is(best(unit, 'gratingOrientation'), 45, unit);
    assert.ok(Math.abs(best(unit, 'gratingFrequency') - 6) < 1.5, `${best(unit, 'gratingFrequency')}`);
  }
  const phases = GABORS.map((unit) => best(unit, 'gratingPhase'));
  for (const [i, deg] of phases.entries())
    assert.is(
      (deg - phases[0] + 360 * 2) % 360,
      (((phases[1] - phases[0] + 360) % 360) * i) % 360,
      `${phases}`,
    );
  assert.ok([90, 270].includes((phases[1] - phases[0] + 360) % 360), `${phases}`);
});

test('chance is beside it: rare for gratings of its own, common for colours; a colour unit the other way', () => {
  const gabor = report.units[GABORS[0]].panels;
  const colour = report.units['conv2d0:60'].panels;
  assert.ok(
    gabor.hues.p > 0.9 && colour.hues.p < gabor.hues.p,
    JSON.stringify([gabor.hues.p, colour.hues.p]),
  );
  assert.ok(colour.gratingOrientation.p > gabor.gratingOrientation.p);
  assert.is(report.random.directions, 512);
});

test('a feature that is the neuron has its sheet', () => {
  const { family, panels, curve } = report.units[GABORS[0]];
  assert.equal(
    [report.units.f12.family, report.units.f12.panels, report.units.f12.curve],
    [family, panels, curve],
  );
});

test('every panel is whole, with its band', () => {
  for (const [name, { x, y, lines }] of filled(Object.entries(report.panels))) {
    for (const { panels } of Object.values(report.units)) {
      const { values, p } = panels[name as keyof typeof report.panels];
      assert.is(values.length, y ? y.values.length : lines.length, name);
      for (const row of values) assert.is(row.length, x.values.length, name);
      assert.ok(p > 0 && p <= 1);
    }
    const { low, high } = report.random.panels[name as keyof typeof report.panels];
    assert.is(low.length, (y ?? x).values.length, name);
    for (const [i, v] of low.entries()) assert.ok(v <= high[i], name);
  }
  assert.is(report.panels.curvature.y!.values.at(-1), null, 'the row of straight lines');
});

test('the page is one file: a sheet for each unit on one scale, grey bands, nothing from elsewhere', () => {
  const page = readFileSync(join(out, 'physiology.html'), 'utf8');
  assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:/);
  const charts = Object.values(report.panels).filter(({ y }) => !y).length;
  assert.is([...page.matchAll(/<path class="band"/g)].length, units.length * charts);
  assert.match(page, /<h2>f12: (Gabor|line)<\/h2>/);
  assert.not.match(page, /(?:src|href)="(?!data:)/);
});

test('from the command line, and wrong units before any work', async () => {
  const said = await curvesaeHere([
    ...['physiology', '--tap', 'conv2d0', '--units', 'conv2d0:12', '--images', 'procedural:16'],
    ...['--orientations', '16', '--out', join(dir, 'one')],
  ]);
  assert.is(said.code, 0, said.stderr);
  assert.match(said.stdout, /^conv2d0:12: (Gabor|line); drawings reach \d\.\d\d of its 99\.9th percentile/);
  assert.match(said.stdout, /beside 512 random directions/);
  for (const [args, message] of [
    [['--units', 'f3'], /'f3' is a feature of an SAE; give it with --sae/],
    [['--units', 'mixed3b_5x5:96'], /mixed3b_5x5/],
    [['--units', 'f64', '--sae', sae], /features f0 to f63/],
  ] as [string[], RegExp][]) {
    const refused = await curvesaeHere(['physiology', ...args, '--out', join(dir, 'no')]);
    assert.is(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, message);
    assert.is(refused.stdout, '');
  }
});

test.after(() => engine.dispose());
test.run();
