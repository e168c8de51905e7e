import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arcPath, gapPaths, petalPath, point, RADIUS } from '../../src/report/polar-geometry.js';
import { filled } from '../support/filled.js';

const test = suite('report/polar-geometry');

const numbers = (path: string): number[] => path.match(/-?\d+(\.\d+)?/g)!.map(Number);

/** Direction of (x, y), degrees clockwise on screen from the right. */
const direction = (x: number, y: number): number => ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;

test('0 degrees lie to the right, 90 below', () => {
  assert.equal(point(0, 100), { x: '100.00', y: '0.00' });
  assert.equal(point(90, 100), { x: '0.00', y: '100.00' });
  assert.equal(point(225, 100), { x: '-70.71', y: '-70.71' });
});

test('a petal reaches the ring where the curve has its peak, and the centre where it is silent', () => {
  const path = petalPath([0, 3, 0, -1]);
  assert.ok(path.endsWith('Z'), 'closed');
  const [x0, y0, x1, y1, x2, y2, x3, y3] = numbers(path);
  assert.equal([x0, y0, x2, y2, x3, y3].map(Math.abs), [0, 0, 0, 0, 0, 0]);
  assert.equal([x1, y1], [0, RADIUS]);
  assert.equal(numbers(petalPath([0, 3, 0, 0], 6)).slice(2, 4), [0, RADIUS / 2], 'of a given peak');
  assert.equal(numbers(petalPath([0, 3, 0, 0], 1)).slice(2, 4), [0, RADIUS], 'never beyond the ring');
  assert.ok(filled(numbers(petalPath([0, 0, 0, 0]))).every((v) => v === 0));
});

test('the wedge of a gap, its edges and its label, across 0 degrees too', () => {
  const gap = { fromDeg: 340, toDeg: 40, widthDeg: 60 };
  const { wedge, edges, label } = gapPaths(gap);
  assert.is(direction(Number(label.x), Number(label.y)).toFixed(0), '10');
  assert.equal(
    edges.map((edge) => {
      const [x0, y0, x, y] = numbers(edge);
      assert.equal([x0, y0].map(Math.abs), [0, 0]);
      return direction(x, y).toFixed(0);
    }),
    ['340', '40'],
  );
  // M from A r r 0 large-arc sweep to L 0 0: the short way round, clockwise.
  const [x, y, rx, ry, , large, sweep] = numbers(wedge);
  assert.is(direction(x, y).toFixed(0), '340');
  assert.equal([rx, ry, large, sweep], [RADIUS, RADIUS, 0, 1]);
});

test('a little arc has its apex in its direction', () => {
  const [x0, y0, rx, , , large, sweep, x1, y1] = numbers(arcPath(270, 10));
  assert.equal([rx, large, sweep], [10, 0, 1]);
  assert.equal([direction(x0, y0), direction(x1, y1)].map(Math.round), [210, 330]);
});

test.run();
