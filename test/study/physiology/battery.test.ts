import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { draw } from '../../../src/images/drawings.js';
import { init } from '../../../src/index.js';
import { battery } from '../../../src/study/physiology/battery.js';
import { Grid } from '../../../src/study/physiology/grid.js';
import { gridOf, profilesOf } from '../../../src/study/physiology/responses.js';
import { gridsOf, panelsOf } from '../../../src/study/physiology/sheet.js';
import { answersOf } from '../../../src/study/taxonomy/answers.js';
import { filled } from '../../support/filled.js';
import { randomNormal } from '../../support/random.js';

const test = suite('study/physiology/battery');
const { math } = await init();

test('every series is the whole grid of its axes, places last, for small and large fields', () => {
  for (const field of [7, 19, 91])
    for (const { name, axes, drawings } of filled(battery(math, field, 24))) {
      assert.is(
        drawings.length,
        axes.reduce((n, { values }) => n * values.length, 1),
        name,
      );
      const places = axes.map((a) => Boolean(a.place));
      assert.equal(places, [...places].sort(), `${name}: places last`);
      const texts = new Set(drawings.map((d) => JSON.stringify(d)));
      // A disc on the middle is the same towards every side.
      assert.ok(
        name === 'disc' || name === 'colourDisc' || texts.size === drawings.length,
        `${name}: no twins`,
      );
    }
});

test('drawings of a series differ in what is drawn, and every one is within 0..255', () => {
  const all = battery(math, 19, 16);
  for (const { name, drawings } of filled(all))
    for (const drawing of drawings.slice(0, 40)) {
      const p = draw(math, drawing, { size: 21, middle: 10 });
      assert.is(p.length, 21 * 21 * 3);
      assert.ok(
        filled(p).every((v) => v >= -1e-4 && v <= 255.0001),
        name,
      );
    }
});

test('a grid is reduced as its loops say', () => {
  const axes = [
    { name: 'a', values: [0, 1] },
    { name: 'b', values: [0, 1, 2] },
    { name: 'c', values: [0, 1], place: true as const },
  ];
  const grid = new Grid(
    axes,
    Float32Array.from({ length: 12 }, (_, i) => (i * 7) % 12),
  );
  const v = (a: number, b: number, c: number) => ((a * 6 + b * 2 + c) * 7) % 12;
  assert.equal(
    Array.from(grid.anywhere().values),
    [0, 1, 2]
      .flatMap((b) => [Math.max(v(0, b, 0), v(0, b, 1))])
      .concat([0, 1, 2].map((b) => Math.max(v(1, b, 0), v(1, b, 1)))),
  );
  assert.equal(
    Array.from(grid.at('b', 1).mean('a').values),
    [0, 1].map((c) => (v(0, 1, c) + v(1, 1, c)) / 2),
  );
  assert.equal(grid.best(), { a: 0, b: 2, c: 1 });
  assert.equal(
    Array.from(grid.through('b').values),
    [0, 1, 2].map((b) => v(0, b, 1)),
  );
  assert.throws(() => grid.at('d', 0), /no axis d/);
});

test('profiles and answers are the largest over places, of any read-out, whatever the chunks', () => {
  const all = battery(math, 7, 16);
  const d = 3;
  const n = all.reduce((sum, { drawings }) => sum + drawings.length, 0);
  const vectors = randomNormal(n * d, 4);
  const encode = (x: Float32Array) =>
    Float32Array.from({ length: (x.length / d) * 2 }, (_, i) => Math.max(0, x[(i >> 1) * d + (i % 2)]));
  const profiles = profilesOf(all, vectors, d, { features: 2, encode });
  const answers = answersOf(all, profiles, 2);
  let from = 0;
  for (const series of filled(all)) {
    const { kept, places } = gridOf(series);
    const profile = profiles.get(series.name)!;
    let most = 0;
    for (let k = 0; k < kept; k++) {
      let top = 0;
      for (let p = 0; p < places; p++) top = Math.max(top, vectors[(from + k * places + p) * d + 1]);
      assert.is(profile[k * 2 + 1], top);
      most = Math.max(most, top);
    }
    assert.is(answers[1][series.name].best, most);
    from += series.drawings.length;
  }
});

test('panels say what was answered where: a read-out that knows one orientation of arcs', () => {
  const all = battery(math, 91, 16);
  // Answers to black arcs at 90 degrees, more the wider they are, and to nothing else.
  const values = Float32Array.from(
    all.flatMap(({ drawings }) =>
      drawings.map(({ pattern, ink }) =>
        pattern.kind === 'stimulus' &&
        pattern.stimulus.kind === 'curve' &&
        pattern.stimulus.orientationDeg === 90 &&
        ink[0] === 0 &&
        pattern.offset === 0
          ? pattern.stimulus.radius
          : 0,
      ),
    ),
  );
  const panels = new Map(panelsOf(gridsOf(all, values, 0, 1)).map((panel) => [panel.name, panel]));
  const curves = panels.get('curves')!;
  const radii = all.find((s) => s.name === 'curve')!.axes[1].values;
  const mean = radii.reduce((a, b) => a + b) / radii.length;
  assert.equal(
    curves.axes.x.values.filter((_, i) => curves.values[0][i] > 0),
    [90],
  );
  assert.ok(Math.abs(Math.max(...curves.values[0]) - mean) < 1e-4, 'the mean over radii');
  assert.is(Math.max(...curves.values[1]), 0, 'white arcs are silent');
  const map = panels.get('curvature')!;
  assert.is(map.axes.y!.values.at(-1), Number.POSITIVE_INFINITY);
  assert.equal(
    map.values.map((row) => row[4]),
    [...radii.map(Math.fround), 0],
  );
  assert.is(Math.max(...panels.get('gratingPhase')!.values[0]), 0);
});

test.run();
