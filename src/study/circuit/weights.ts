// Expanded weights: what each position and channel of an earlier tap adds to a unit, with everything between taken as
// linear (network/linearised.ts). The gradient there, which no picture changes.
import type { Engine } from '../../core/engine.js';
import { linearised } from '../../network/linearised.js';
import { createSession } from '../../network/session.js';
import { cutAt, tailOf } from '../../network/tail.js';
import { baseOf, tapInfo } from '../../network/taps.js';
import type { Model } from '../../network/types.js';
import { middleOf, windowBetween } from './path.js';

/** What is read of a tap: one of its channels, or a direction over all of them. */
export interface ReadOut {
  tap: string;
  channel?: number;
  vector?: Float32Array;
}

/** Of each read-out, [side][side][channels of `from`]; zero where the window leaves the map. All read-outs are of one tap. */
export function expandedWeights(
  engine: Engine,
  model: Model,
  from: string,
  readOuts: readonly ReadOut[],
  gains: ReadonlyMap<string, Float32Array>,
): { side: number; patches: Float32Array[] } {
  const tap = baseOf(readOuts[0].tap);
  const [begin, end] = [from, tap].map((name) => tapInfo(model.description, name));
  const window = windowBetween(begin, end);
  const position = middleOf(end);
  const { row, column } = window.corner(position);
  const cut = cutAt(model.description, from);
  const session = createSession(engine, linearised(tailOf(model, from, tap).model, gains), {
    taps: [tap],
    backward: { from: [tap], to: [cut.input] },
  });
  try {
    session.run(new Float32Array(begin.height * begin.width * cut.width));
    const patches = readOuts.map(({ channel, vector }) => {
      const at = new Float32Array(end.height * end.width * end.channels);
      if (vector) at.set(vector, position * end.channels);
      else at[position * end.channels + channel!] = 1;
      const gradient = session.backward({ [tap]: at })[cut.input];
      const patch = new Float32Array(window.side ** 2 * begin.channels);
      for (let i = 0; i < window.side ** 2; i++) {
        const [y, x] = [row + Math.floor(i / window.side), column + (i % window.side)];
        if (y < 0 || x < 0 || y >= begin.height || x >= begin.width) continue;
        const first = (y * begin.width + x) * cut.width + cut.from;
        patch.set(gradient.subarray(first, first + begin.channels), i * begin.channels);
      }
      return patch;
    });
    return { side: window.side, patches };
  } finally {
    session.dispose();
  }
}
