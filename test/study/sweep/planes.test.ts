import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { planes } from '../../../src/study/sweep/planes.js';
import { matrixVectors } from '../../../src/vectors/matrix.js';
import { randomNormal } from '../../support/random.js';

const test = suite('study/sweep/planes');

test('vectors of a plane: the plane of as many dimensions leaves nothing, a smaller one what lies outside it', async () => {
  const [n, d] = [400, 6];
  const z = randomNormal(n * 2, 3);
  const x = new Float32Array(n * d);
  // Two orthogonal directions, variances 4 and 1, and a mean that is not zero.
  for (let i = 0; i < n; i++) {
    x[i * d] = 2 * z[2 * i] + 5;
    x[i * d + 3] = z[2 * i + 1] - 1;
  }
  const source = matrixVectors({ label: 'x', hash: 'x', shape: [n, d], data: x }, 'all');
  const found = (await planes(source, source, [{ l0: 1 }, { l0: 2.1 }, { l0: 2 }, { l0: 9 }, {}]))!;
  assert.equal(
    found.map((p) => p.dimensions),
    [1, 2],
  );
  assert.ok(Math.abs(found[0].fvu - 0.2) < 0.04, `${found[0].fvu}`);
  assert.ok(Math.abs(found[1].fvu) < 1e-9, `${found[1].fvu}`);
  const wide = matrixVectors(
    { label: 'w', hash: 'w', shape: [1, 1025], data: new Float32Array(1025) },
    'all',
  );
  assert.is(await planes(wide, wide, [{ l0: 1 }]), null);
});

test.run();
