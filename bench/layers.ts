// node dist/bench/layers.js [TAP] [BUILD]: time of each layer of inceptionv1 at 224x224,
// best and median of interleaved runs, and its share. For finding what to work on.

import type { Build } from '../src/index.js';
import { init } from '../src/index.js';
import { NetworkSession } from '../src/network/session.js';
import { heModel, randomImage } from '../test/support/he.js';

const [tap = 'mixed3b', build = 'simd'] = process.argv.slice(2);
const engine = await init({ build: build as Build });
const session = new NetworkSession(engine, heModel('inceptionv1'), { taps: [tap] });
const image = randomImage(224, 224);
const steps = [{ name: 'image', run: () => session.load(image) }, ...session.steps];
const times = steps.map((): number[] => []);
const whole: number[] = [];
for (let r = 0; r < 130; r++) {
  const begin = performance.now();
  for (const [i, step] of steps.entries()) {
    const start = performance.now();
    step.run();
    if (r >= 20) times[i].push(performance.now() - start);
  }
  if (r >= 20) whole.push(performance.now() - begin);
}
const best = (t: number[]): number => Math.min(...t);
const median = (t: number[]): number => [...t].sort((a, b) => a - b)[t.length >> 1];
const total = times.reduce((n, t) => n + best(t), 0);
for (const [i, { name }] of steps.entries())
  console.log(
    `${name.padEnd(24)} ${best(times[i]).toFixed(3).padStart(8)} ms best ${median(times[i]).toFixed(3).padStart(8)} median ` +
      `${((100 * best(times[i])) / total).toFixed(1).padStart(5)} %`,
  );
console.log(
  `${'whole'.padEnd(24)} ${best(whole).toFixed(3).padStart(8)} ms best ${median(whole).toFixed(3).padStart(8)} median`,
);
console.log(`memory ${(session.bytes / 1048576).toFixed(1)} MiB, node ${process.version}, ${build}`);
