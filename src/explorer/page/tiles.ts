// Photographs as the network sees them, with the places that fire outlined.
import { formatUnit, type Kind, type Unit } from '../../units/unit.js';
import type { RunData } from './data.js';
import { h, s } from './dom.js';
import { paintMap } from './heat.js';
import type { ViewContext } from './view.js';

/** Square of the receptive field and its middle, in input pixels. */
export function outline({ run }: ViewContext, position: number, unit: Unit): SVGGElement {
  const { stride, centre, width } = run.index.geometry;
  const field = run.field(unit);
  const x = stride * (position % width) + centre + 0.5;
  const y = stride * Math.floor(position / width) + centre + 0.5;
  return s(
    'g',
    { class: `place of-${unit.kind}` },
    s('rect', { class: 'halo', x: x - field / 2, y: y - field / 2, width: field, height: field, rx: 4 }),
    s('rect', { x: x - field / 2, y: y - field / 2, width: field, height: field, rx: 4 }),
    s('circle', { cx: x, cy: y, r: 4 }),
  );
}

/** A photograph with the places of a unit outlined; there may be none. */
export function picture(
  context: ViewContext,
  index: number,
  label: string,
  unit?: Unit,
  positions: readonly number[] = [],
): HTMLElement {
  const size = context.run.index.geometry.inputSize;
  const overlay = s(
    'svg',
    { viewBox: `0 0 ${size} ${size}`, 'aria-hidden': 'true' },
    unit && positions.map((p) => outline(context, p, unit)),
  );
  const box = h(
    'span',
    { class: 'picture' },
    h('img', {
      src: context.run.picture(index),
      width: size,
      height: size,
      alt: label,
      loading: 'lazy',
      decoding: 'async',
      onerror: () => box.classList.add('lost'),
    }),
    overlay,
  );
  return box;
}

/** Light over a photograph where a unit fires; `scale`: its largest value here over its largest of all. */
export function light(run: RunData, map: Uint8Array, scale: number, kind: Kind): HTMLCanvasElement {
  const { height, width } = run.index.maps!;
  const canvas = h('canvas', { class: 'heat', width, height, 'aria-hidden': 'true' });
  paintMap(
    canvas,
    Float32Array.from(map, (v) => (v * scale) / 255),
    1,
    kind,
  );
  return canvas;
}

/** `unit`: whose places are outlined; the photograph's page outlines the first of them, too. */
export function pictureTile(
  context: ViewContext,
  index: number,
  caption: string,
  unit?: Unit,
  positions: readonly number[] = [],
): HTMLElement {
  const from = unit === undefined ? {} : { unit: formatUnit(unit), at: positions[0] };
  return h(
    'a',
    { class: 'picture-tile', href: context.link(['photographs', index], from) },
    picture(context, index, `photograph ${index}`, unit, positions),
    h('span', { class: 'caption' }, caption),
  );
}
