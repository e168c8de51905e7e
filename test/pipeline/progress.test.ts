import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { showTraining } from '../../src/pipeline/progress.js';

const test = suite('pipeline/progress');

/** What is told of steps [step, SAE]. */
function told(steps: [number, number?][]): string[] {
  const lines: string[] = [];
  const show = showTraining(
    {
      start: (stage, first) => lines.push(`${stage} from ${first}`),
      update: (done, total) => lines.push(`${done} of ${total}`),
      finish: () => {},
    },
    'train',
  );
  for (const [step, i] of steps) show.onStep(step, 9, i);
  return lines;
}

test('a run from its first step, and one that goes on', () => {
  assert.equal(told([[1], [2]]), ['1 of 9', '2 of 9']);
  assert.equal(told([[5], [6]]), ['train from 4', '5 of 9', '6 of 9']);
});

test('several that go on from different steps: the rate counts from the one that is behind', () => {
  assert.equal(
    told([
      [5, 0],
      [4, 1],
      [6, 0],
      [5, 1],
    ]),
    ['train from 4', '5 of 9', 'train from 3', '4 of 9', '4 of 9', '5 of 9'],
  );
  assert.equal(
    told([
      [5, 0],
      [1, 1],
    ]),
    ['train from 4', '5 of 9', 'train from 0', '1 of 9'],
  );
});

test.run();
