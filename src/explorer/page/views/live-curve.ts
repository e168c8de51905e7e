// Turn a curve: a slider, arrow keys or a finger on the picture; the polar plot follows.
import { formatUnit, sameUnit, type Unit } from '../../../units/unit.js';
import type { Curve, CurveAnswer } from '../../live.js';
import { REPLACED } from '../compute.js';
import { degrees, h } from '../dom.js';
import { downloads } from '../download.js';
import { Meters, ranked } from '../meters.js';
import { Population } from '../population.js';
import { numberOf } from '../router.js';
import { type Bench, type Live, lists, slider } from './live-bench.js';

const STEPS = Population.SAMPLES;
/** Directions per call: some 50 ms of work, so that the turning curve need not wait. */
const SLICE = 12;
const SHOWN = 10;

/** 0 to 359: what the slider has. */
const wholeDegrees = (deg: number): number => (Math.round(deg) + 360) % 360;

export function curveBench(it: Live): Bench {
  const { query } = it.context.address;
  // Without a direction in the address, one that the first of the watched units answers.
  const [first] = it.chosen();
  const preferred = first && it.scales[first.kind].orientation(first.index);
  const curve: Curve = {
    orientationDeg: numberOf(query.get('o'), 0, 360, preferred ?? 0) % 360,
    radius: numberOf(query.get('r'), 5, 120, 30),
    lineWidth: numberOf(query.get('w'), 0.5, 12, 2),
  };
  const population = new Population(it.context.run);
  const canvas = h('canvas', {
    class: 'stimulus',
    width: 96,
    height: 96,
    role: 'img',
    'aria-label': 'the curve that the network sees',
  });
  const watched = new Meters({
    label: 'watched units',
    scales: it.scales,
    href: it.href,
    picture: it.picture,
    action: removal(it),
  });
  const strongest = new Meters({
    label: 'strongest units',
    scales: it.scales,
    href: it.href,
    picture: it.picture,
    action: addition(it),
  });
  let answer: CurveAnswer | undefined;
  let playing = 0;

  const show = () => {
    if (!answer) return;
    const value = ({ kind, index }: Unit) => answer![kind][index] ?? 0;
    population.answer(answer, curve.orientationDeg);
    watched.set(it.chosen(), value);
    strongest.set(ranked(answer, it.scales, SHOWN), value);
    paintGrey(canvas, answer);
  };
  const compute = async () => {
    const got = await it.compute.call('curve', { ...curve });
    if (got === REPLACED) return;
    answer = got;
    show();
  };
  let turn = 0;
  const sweep = async () => {
    const mine = ++turn;
    const units = [...it.chosen()];
    const out = new Float32Array(STEPS * units.length);
    for (let first = 0; first < STEPS; first += SLICE) {
      const curves = Array.from({ length: SLICE }, (_, i) => ({
        ...curve,
        orientationDeg: (360 * (first + i)) / STEPS,
      }));
      const part = await it.compute.call('sweep', { curves, units });
      if (mine !== turn || part === REPLACED) return;
      out.set(part, first * units.length);
    }
    population.petals(units, out);
  };
  const changed = (part: Partial<Curve>) => {
    Object.assign(curve, part);
    it.remember({ o: wholeDegrees(curve.orientationDeg), r: curve.radius, w: curve.lineWidth });
    compute().catch(it.complain);
    if ('radius' in part || 'lineWidth' in part) sweep().catch(it.complain);
  };
  const orientation = slider('Orientation', {
    min: 0,
    max: 359,
    step: 1,
    value: wholeDegrees(curve.orientationDeg),
    text: (v) => degrees(v),
    set: (v) => changed({ orientationDeg: v }),
  });
  const radius = slider('Radius', {
    min: 5,
    max: 120,
    step: 1,
    value: curve.radius,
    text: (v) => `${v} px`,
    set: (v) => changed({ radius: v }),
  });
  const line = slider('Line', {
    min: 0.5,
    max: 12,
    step: 0.5,
    value: curve.lineWidth,
    text: (v) => `${v} px`,
    set: (v) => changed({ lineWidth: v }),
  });
  const play = h(
    'button',
    { type: 'button', 'aria-pressed': 'false', onclick: () => (playing ? stop() : run()) },
    'Turn',
  );
  const stop = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = 'Turn';
    play.setAttribute('aria-pressed', 'false');
  };
  const run = () => {
    let last = performance.now();
    play.textContent = 'Stop';
    play.setAttribute('aria-pressed', 'true');
    const step = (now: number) => {
      const deg = (curve.orientationDeg + (now - last) * 0.06) % 360;
      last = now;
      orientation.show(wholeDegrees(deg));
      changed({ orientationDeg: deg });
      playing = requestAnimationFrame(step);
    };
    playing = requestAnimationFrame(step);
  };
  // A finger on the picture or the plot points where the apex goes.
  const pointed = (event: PointerEvent) => {
    if (event.type === 'pointermove' && !(event.buttons & 1)) return;
    stop();
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const deg =
      (Math.atan2(event.clientY - box.top - box.height / 2, event.clientX - box.left - box.width / 2) * 180) /
      Math.PI;
    orientation.show(wholeDegrees(deg));
    changed({ orientationDeg: (deg + 360) % 360 });
  };
  for (const target of [canvas, population.svg] as (HTMLElement | SVGElement)[]) {
    target.classList.add('turnable');
    target.addEventListener('pointerdown', pointed as EventListener);
    target.addEventListener('pointermove', pointed as EventListener);
  }
  return {
    element: h(
      'div',
      { class: 'bench-grid turning' },
      h(
        'section',
        {},
        h('h2', {}, 'What the network sees'),
        canvas,
        h('div', { class: 'sliders' }, orientation.element, radius.element, line.element),
        h('p', {}, play),
      ),
      h(
        'section',
        {},
        h('h2', {}, 'What curve detectors answer'),
        population.svg,
        h(
          'p',
          { class: 'soft' },
          'A spoke for each detector, in the direction it prefers, as long as its response now. Petals: tuning curves of the watched units at this radius and line, computed here.',
        ),
        h(
          'p',
          { class: 'saves' },
          downloads('answer', () => population.spokes(), 'answers'),
          downloads(
            'petals',
            () => population.tunings(({ kind, index }) => it.context.run.name(kind, index)),
            'petals',
          ),
        ),
      ),
      lists(it, watched, strongest, 'now'),
    ),
    start: () => {
      changed({ radius: curve.radius });
    },
    changed: () => {
      show();
      sweep().catch(it.complain);
    },
    dispose: () => {
      turn++;
      stop();
    },
  };
}

export const removal = (it: Live) => ({
  text: '×',
  label: (ref: Unit) => `stop watching ${formatUnit(ref)}`,
  run: (ref: Unit) => it.choose(it.chosen().filter((c) => !sameUnit(c, ref))),
});

export const addition = (it: Live) => ({
  text: '+',
  label: (ref: Unit) => `watch ${formatUnit(ref)}`,
  run: (ref: Unit) => {
    if (!it.chosen().some((c) => sameUnit(c, ref))) it.choose([...it.chosen(), ref]);
  },
});

export function paintGrey(canvas: HTMLCanvasElement, { grey, size }: CurveAnswer): void {
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const pixels = new Uint8ClampedArray(4 * size * size).fill(255);
  for (let i = 0; i < size * size; i++) pixels.fill(grey[i], 4 * i, 4 * i + 3);
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, size, size), 0, 0);
}
