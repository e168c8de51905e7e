import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';
import { drawStimulus, greyToRgb, init, proceduralImage, type Stimulus } from '../../src/index.js';

const test = suite('images/stimuli');
const { math } = await init();
const size = 61;
const middle = 30;
const draw = (s: Stimulus, lineWidth = 2) =>
  drawStimulus(math, s, { size, apexX: middle, apexY: middle, lineWidth });
const at = (p: Float32Array, x: number, y: number) => p[y * size + x];

test('angle convention: 0 is ), 90 is U, 180 is (, 270 is an arch; the apex is the middle', () => {
  for (const [orientationDeg, dx, dy] of [
    [0, 1, 0],
    [90, 0, 1],
    [180, -1, 0],
    [270, 0, -1],
  ]) {
    const p = draw({ kind: 'curve', orientationDeg, radius: 20 });
    assert.is(at(p, middle, middle), 0, 'ink on the apex');
    // The far side of the circle lies 40 pixels behind the apex, at the centre there is none.
    assert.is(at(p, middle - 20 * dx, middle - 20 * dy), 255);
    assert.is(at(p, middle + 5 * dx, middle + 5 * dy), 255, 'nothing in front of the apex');
    // The ends bend back, away from the direction of the apex.
    const [tx, ty] = [-dy, dx];
    for (const side of [-16, 16]) {
      const back = 20 - Math.sqrt(20 * 20 - 16 * 16);
      assert.is(
        at(p, Math.round(middle + side * tx - back * dx), Math.round(middle + side * ty - back * dy)),
        0,
      );
    }
  }
});

test('turning a stimulus by 90 degrees turns the picture', () => {
  for (const kind of ['curve', 'line', 'filled'] as const) {
    const [a, b] = [30, 120].map((orientationDeg) => draw({ kind, orientationDeg, radius: 18 } as Stimulus));
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        assert.ok(Math.abs(at(a, x, y) - at(b, size - 1 - y, x)) < 0.01, `${kind} ${x},${y}`);
  }
});

test('ink covers length times width, whatever the orientation', () => {
  for (const orientationDeg of [0, 17, 45, 200])
    for (const width of [1, 2, 5]) {
      const ink = draw({ kind: 'curve', orientationDeg, radius: 12 }, width).reduce(
        (s, v) => s + (255 - v) / 255,
        0,
      );
      const inside = 2 * Math.PI * 12 * width;
      assert.ok(
        Math.abs(ink / inside - 1) < 0.03,
        `${orientationDeg} deg, width ${width}: ${ink} of ${inside}`,
      );
    }
});

test('an angle has its corner on the apex and two arms behind it', () => {
  const p = draw({ kind: 'angle', orientationDeg: 0, openingDeg: 90 });
  assert.is(at(p, middle, middle), 0);
  assert.is(at(p, middle - 12, middle - 12), 0);
  assert.is(at(p, middle - 12, middle + 12), 0);
  assert.is(at(p, middle + 8, middle), 255);
  const edge = draw({ kind: 'edge', orientationDeg: 0 });
  assert.is(at(edge, middle - 10, 5), 0);
  assert.is(at(edge, middle + 10, 5), 255);
});

test('grey becomes equal channels', () => {
  assert.equal([...greyToRgb(Float32Array.of(3, 250))], [3, 3, 3, 250, 250, 250]);
});

test('procedural pictures: a function of seed and index, the same in both builds, with edges and colour', async () => {
  const scalar = (await init({ build: 'scalar' })).math;
  const hash = async (seed: number, index: number, m = math) =>
    sha256(proceduralImage(m, seed, index, 64).data);
  assert.is(await hash(1, 2), await hash(1, 2));
  assert.is(await hash(1, 2), await hash(1, 2, scalar));
  assert.is.not(await hash(1, 2), await hash(1, 3));
  assert.is.not(await hash(1, 2), await hash(2, 2));
  let [edges, coloured] = [0, 0];
  for (let i = 0; i < 20; i++) {
    const { data, width, height } = proceduralImage(math, 0, i, 96);
    assert.is(data.length, width * height * 3);
    for (let p = 3; p < data.length; p += 3) {
      if (Math.abs(data[p] - data[p - 3]) > 40) edges++;
      if (Math.abs(data[p] - data[p + 2]) > 30) coloured++;
    }
  }
  const pixels = 20 * 96 * 96;
  assert.ok(edges > 0.005 * pixels && edges < 0.5 * pixels, `${edges / pixels} edges`);
  assert.ok(coloured > 0.05 * pixels, `${coloured / pixels} coloured`);
});

test.run();
