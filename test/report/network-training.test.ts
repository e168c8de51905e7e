import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { drawNetworkTraining } from '../../src/report/network-training.js';

const test = suite('report/network-training');

test('a line for each training and panel, a mark for each look at held-out pictures', () => {
  const log = [25, 50, 75, 100].map((step) => ({
    ...{ step, loss: 3 / step, accuracy: step / 200, lr: 0.001 },
    heldOut: step % 50 ? null : { loss: 4 / step, accuracy: step / 250 },
  }));
  const heldOut = { chance: 0.25 };
  const one = { name: 'a <b>', log, heldOut };
  const svg = drawNetworkTraining([one, { ...one, name: 'other' }]);
  assert.is(svg.match(/<path d="M/g)!.length, 4);
  assert.is(svg.match(/r="2.6"/g)!.length, 8);
  assert.is(svg.match(/class="chance"/g)!.length, 1);
  assert.match(svg, /a &lt;b&gt;/);
  assert.not.match(svg, /NaN|undefined|null/);
});

test.run();
