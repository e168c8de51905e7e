// What a unit looks for: the picture that `visualize` made of it, or one that is painted here while one watches.
import { short } from '../../../report/numbers.js';
import type { PaintState } from '../../../study/visualize/types.js';
import { type Unit, unitName } from '../../../units/unit.js';
import { Compute, REPLACED } from '../compute.js';
import { fill, h } from '../dom.js';
import type { ViewContext } from '../view.js';

const SIZE = 128;
const STEPS = 512;
/** Steps between two pictures that are shown. */
const LEG = 8;

export function looksFor(unit: Unit, percentile: number | undefined, context: ViewContext): HTMLElement {
  const { run } = context;
  const made = run.made?.drawn.get(run.name(unit.kind, unit.index))?.[0];
  if (made && run.beside.visualize)
    return h(
      'figure',
      {},
      h(
        'span',
        { class: 'picture' },
        h('img', {
          src: `${run.beside.visualize}/${encodeURIComponent(made.file)}`,
          alt: `what ${unitName(unit)} looks for`,
        }),
      ),
      h('figcaption', {}, `Made to fire it (${made.steps} steps)${strength(made.strength)}.`),
    );
  const caption = h('figcaption', { role: 'status' });
  const place = h('span', { class: 'picture empty' });
  const figure = h('figure', { class: 'looks-for' }, place, caption);
  const lacking = run.lacks('model') ?? (unit.kind === 'features' ? run.lacks('sae') : undefined);
  if (lacking) {
    caption.textContent = `What it looks for cannot be painted here: ${lacking}`;
    return figure;
  }
  const start = h('button', { type: 'button', onclick: () => void paint() }, 'Paint what it looks for');
  const rest = () => fill(caption, start, ' here in this tab: half a minute or more.');
  const paint = async () => {
    let stopped = false;
    const compute = new Compute();
    const stop = h('button', { type: 'button', onclick: () => end('Stopped') }, 'Stop');
    const words = h('span', {}, 'Fetching the network…');
    const end = (why?: string) => {
      if (stopped) return;
      stopped = true;
      compute.dispose();
      if (why) words.textContent = `${why}. ${words.textContent}`;
      start.textContent = 'Paint it again';
      stop.replaceWith(start);
    };
    fill(caption, words, ' ', stop);
    try {
      await compute.open(run);
      const canvas = h('canvas', {
        width: SIZE,
        height: SIZE,
        role: 'img',
        'aria-label': `what ${unitName(unit)} looks for`,
      });
      let from: PaintState | undefined;
      for (let to = 0; to <= STEPS && !stopped; to += LEG) {
        if (!figure.isConnected && to > 0) return end();
        const state = await compute.call('paint', { unit, size: SIZE, steps: STEPS, to, from });
        if (state === REPLACED || stopped) return;
        from = state;
        if (!canvas.isConnected) fill(place, canvas);
        show(canvas, state.rgb[0]);
        const [value] = state.values;
        const over = percentile && percentile > 0 ? Math.max(0, value) / percentile : null;
        words.textContent = `${to < STEPS ? `Painting: step ${to} of ${STEPS}` : `Painted here in ${STEPS} steps`}${strength(over)}.`;
      }
      end();
    } catch (error) {
      words.textContent = (error as Error).message;
      end();
    }
  };
  rest();
  return figure;
}

const strength = (over: number | null): string =>
  over === null ? '' : `; fires at ${short(over)} times the 99.9th percentile of its photographs`;

function show(canvas: HTMLCanvasElement, rgb: Uint8Array): void {
  const pixels = new Uint8ClampedArray(4 * SIZE * SIZE).fill(255);
  for (let i = 0; i < SIZE * SIZE; i++) pixels.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, SIZE, SIZE), 0, 0);
}
