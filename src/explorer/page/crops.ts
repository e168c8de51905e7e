// A part of a photograph: the receptive field of a place, cut from the photograph by the page.
import { windowOf } from '../../study/examples/fields.js';
import type { Unit } from '../../units/unit.js';
import type { RunData } from './data.js';
import { h } from './dom.js';

export interface Spot {
  picture: number;
  position: number;
}

/** The field of a place, grey where it leaves the photograph. `mark`: the place itself is outlined. */
export function crop(
  run: RunData,
  unit: Unit,
  { picture, position }: Spot,
  label: string,
  mark = false,
): HTMLElement {
  const { geometry } = run.index;
  const size = geometry.inputSize;
  const { left, top, side } = windowOf(geometry, size, run.field(unit), position);
  const share = (pixels: number) => `${((100 * pixels) / side).toFixed(3)}%`;
  const box = h(
    'span',
    { class: 'crop' },
    h('img', {
      src: run.picture(picture),
      alt: label,
      loading: 'lazy',
      decoding: 'async',
      style: { width: share(size), left: share(-left), top: share(-top) },
      onerror: () => box.classList.add('lost'),
    }),
    mark &&
      h('i', {
        class: `mark of-${unit.kind}`,
        'aria-hidden': 'true',
        style: markOf(run, position, left, top, side),
      }),
  );
  return box;
}

/** Where the place lies in what is shown: a square of the tap's stride. */
function markOf(run: RunData, position: number, left: number, top: number, side: number) {
  const { stride, centre, width } = run.index.geometry;
  const least = Math.max(stride, side / 12);
  const column = position % width;
  const at = (i: number, from: number) =>
    `${((100 * (stride * i + centre + 0.5 - least / 2 - from)) / side).toFixed(3)}%`;
  return {
    left: at(column, left),
    top: at((position - column) / width, top),
    width: `${((100 * least) / side).toFixed(3)}%`,
  };
}

/** The strongest place of a unit; nothing where it has none. */
export function best(run: RunData, unit: Unit): HTMLElement | undefined {
  const spot = run.best(unit);
  return spot && crop(run, unit, spot, '');
}
