// Draw: ink on white paper, as fine as the network sees it.
import type { Unit } from '../../../units/unit.js';
import type { CurveAnswer } from '../../live.js';
import { REPLACED } from '../compute.js';
import { h } from '../dom.js';
import { downloads } from '../download.js';
import { Meters, ranked } from '../meters.js';
import { Population } from '../population.js';
import { type Bench, type Live, lists, slider } from './live-bench.js';
import { addition, removal } from './live-curve.js';

const SHOWN = 10;

export function drawBench(it: Live): Bench {
  const population = new Population(it.context.run);
  const canvas = h('canvas', {
    class: 'stimulus paper',
    width: 96,
    height: 96,
    tabindex: 0,
    role: 'application',
    'aria-label':
      'paper: draw with a pointer; with the keyboard, arrow keys move the pen and space lowers or lifts it',
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
  const paper = canvas.getContext('2d', { willReadFrequently: true })!;
  let width = 2;
  let answer: CurveAnswer | undefined;
  const show = () => {
    if (!answer) return;
    const value = ({ kind, index }: Unit) => answer![kind][index] ?? 0;
    population.answer(answer);
    watched.set(it.chosen(), value);
    strongest.set(ranked(answer, it.scales, SHOWN), value);
  };
  const compute = async () => {
    const { data } = paper.getImageData(0, 0, canvas.width, canvas.height);
    const grey = Float32Array.from({ length: canvas.width * canvas.height }, (_, i) => data[4 * i]);
    const got = await it.compute.call('drawing', { grey });
    if (got === REPLACED) return;
    answer = got;
    show();
  };
  const update = () => compute().catch(it.complain);
  const clear = () => {
    paper.fillStyle = '#fff';
    paper.fillRect(0, 0, canvas.width, canvas.height);
    update();
  };
  const stroke = (x0: number, y0: number, x1: number, y1: number) => {
    paper.lineWidth = width;
    paper.lineCap = 'round';
    paper.strokeStyle = '#000';
    paper.beginPath();
    paper.moveTo(x0, y0);
    paper.lineTo(x1, y1);
    paper.stroke();
    update();
  };
  let at: { x: number; y: number } | undefined;
  const place = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) * canvas.width) / box.width,
      y: ((event.clientY - box.top) * canvas.height) / box.height,
    };
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    at = place(event);
    stroke(at.x, at.y, at.x + 0.01, at.y);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!at || !(event.buttons & 1)) return;
    const to = place(event);
    stroke(at.x, at.y, to.x, to.y);
    at = to;
  });
  canvas.addEventListener('pointerup', () => {
    at = undefined;
  });
  const pen = { x: 48, y: 48, down: false };
  // Where the keyboard's pen is: seen while the paper has its focus.
  const mark = h('span', { class: 'pen', 'aria-hidden': 'true' });
  // What the unit that is read sees, and its middle.
  const read = h('span', { class: 'read', 'aria-hidden': 'true' });
  const showRead = () => {
    const { field } = it.context.run.index.geometry;
    const share = (pixels: number) => `${(100 * pixels) / it.size}%`;
    read.style.setProperty('left', share(it.apex + 0.5));
    read.style.setProperty('top', share(it.apex + 0.5));
    read.style.setProperty('width', share(field));
    read.style.setProperty('height', share(field));
  };
  const showPen = () => {
    mark.style.setProperty('left', `${(100 * pen.x) / canvas.width}%`);
    mark.style.setProperty('top', `${(100 * pen.y) / canvas.height}%`);
    mark.classList.toggle('down', pen.down);
  };
  canvas.addEventListener('keydown', (event) => {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-2, 0],
      ArrowRight: [2, 0],
      ArrowUp: [0, -2],
      ArrowDown: [0, 2],
    };
    if (event.key === ' ') pen.down = !pen.down;
    else if (Object.hasOwn(steps, event.key)) {
      const [dx, dy] = steps[event.key];
      const to = {
        x: Math.min(canvas.width, Math.max(0, pen.x + dx)),
        y: Math.min(canvas.height, Math.max(0, pen.y + dy)),
      };
      if (pen.down) stroke(pen.x, pen.y, to.x, to.y);
      Object.assign(pen, to);
    } else return;
    event.preventDefault();
    showPen();
    hint.textContent = `Pen ${pen.down ? 'down' : 'up'} at ${pen.x}, ${pen.y}.`;
  });
  const hint = h(
    'p',
    { class: 'soft', role: 'status' },
    'Draw with a finger or the mouse; or with the arrow keys, where space lowers and lifts the pen. The network is read at the cross: the dashed square is all that is seen from there.',
  );
  const line = slider('Pen', {
    min: 1,
    max: 12,
    step: 0.5,
    value: width,
    text: (v) => `${v} px`,
    set: (v) => {
      width = v;
    },
  });
  return {
    element: h(
      'div',
      { class: 'bench-grid turning drawing' },
      h(
        'section',
        {},
        h('h2', {}, 'Paper'),
        h('div', { class: 'paper-box' }, canvas, mark, read),
        hint,
        h('div', { class: 'sliders' }, line.element),
        h('p', {}, h('button', { type: 'button', onclick: clear }, 'Clear')),
      ),
      h(
        'section',
        {},
        h('h2', {}, 'What curve detectors answer'),
        population.svg,
        h(
          'p',
          { class: 'soft' },
          'A spoke for each detector, in the direction it prefers, as long as its response.',
        ),
        downloads('answer', () => population.spokes()),
      ),
      lists(it, watched, strongest, 'now'),
    ),
    start: () => {
      canvas.width = canvas.height = it.size;
      pen.x = pen.y = it.size / 2;
      showPen();
      showRead();
      clear();
    },
    changed: show,
    dispose: () => {},
  };
}
