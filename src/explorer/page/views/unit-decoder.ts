// What a feature writes: its decoder weights over the neurons.
import { short } from '../../../report/numbers.js';
import { SKETCH_SAMPLES } from '../../../study/facts/format.js';
import { sketch } from '../charts.js';
import { best } from '../crops.js';
import { h, s, section } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import type { ViewContext } from '../view.js';
import { missing, type Parts } from './unit-parts.js';

const MOST_WEIGHTS = 24;

export async function decoderSection(part: Parts, context: ViewContext): Promise<HTMLElement> {
  const weights = part.f32('decoder');
  const { run } = context;
  if (!weights) return section('What it writes', missing('The decoder is', run.lacks('sae')));
  const order = Array.from(weights.keys()).sort(
    (a, b) => Math.abs(weights[b]) - Math.abs(weights[a]) || a - b,
  );
  const most = Math.abs(weights[order[0]]) || 1;
  const neurons = await run.table('neurons');
  const sketches = neurons.ints('sketch');
  const rows = order.slice(0, MOST_WEIGHTS).map((n) => {
    const share = (100 * Math.abs(weights[n])) / most;
    return h(
      'a',
      { class: 'weight', href: context.link(['neurons', n]) },
      best(run, { kind: 'neurons', index: n }) ?? h('span', { class: 'crop' }),
      h('span', {}, `neuron ${n}`),
      sketches
        ? sketch('neurons', sketches.subarray(n * SKETCH_SAMPLES, (n + 1) * SKETCH_SAMPLES), 'tuning curve')
        : h('span'),
      h(
        'span',
        { class: `meter ${weights[n] < 0 ? 'negative' : ''}` },
        h('span', { style: { width: `${share}%` } }),
      ),
      h('span', { class: 'number' }, short(weights[n])),
    );
  });
  return section(
    'What it writes: decoder weights over neurons',
    strip(weights, most),
    h(
      'p',
      { class: 'soft' },
      `Above: all ${weights.length} neurons in order; up adds, down takes away. Below: the ${Math.min(MOST_WEIGHTS, weights.length)} largest.`,
    ),
    h('div', { class: 'weights' }, rows),
    downloads('decoder', () =>
      sheetOf({ neuron: Array.from(weights, (_, n) => run.name('neurons', n)), weight: weights }),
    ),
  );
}

/** Every weight in order of neurons. */
function strip(weights: Float32Array, most: number): SVGSVGElement {
  const n = weights.length;
  return s(
    'svg',
    {
      viewBox: `0 0 ${n} 40`,
      class: 'strip',
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `decoder weights of ${n} neurons, largest ${short(most)}`,
    },
    s('line', { class: 'axis', x1: 0, x2: n, y1: 20, y2: 20, 'vector-effect': 'non-scaling-stroke' }),
    Array.from(weights, (w, i) => {
      const height = (19 * Math.abs(w)) / most;
      return height > 0.2
        ? s('rect', { class: 'bar feature', x: i + 0.1, width: 0.8, y: w > 0 ? 20 - height : 20, height })
        : undefined;
    }),
  );
}
