// Photographs as the network sees them, with the places that fire outlined.
import { formatUnit, type Kind } from '../../units/unit.js';
import { h, s } from './dom.js';
import type { ViewContext } from './view.js';

/** Square of the receptive field and its middle, in input pixels. */
export function outline(context: ViewContext, position: number, kind: Kind): SVGGElement {
  const { stride, centre, field, width } = context.run.index.geometry;
  const x = stride * (position % width) + centre + 0.5;
  const y = stride * Math.floor(position / width) + centre + 0.5;
  return s(
    'g',
    { class: `place of-${kind}` },
    s('rect', { class: 'halo', x: x - field / 2, y: y - field / 2, width: field, height: field, rx: 4 }),
    s('rect', { x: x - field / 2, y: y - field / 2, width: field, height: field, rx: 4 }),
    s('circle', { cx: x, cy: y, r: 4 }),
  );
}

/** A photograph with outlines; `places` may be empty. */
export function picture(
  context: ViewContext,
  index: number,
  kind: Kind,
  positions: readonly number[],
  label: string,
): HTMLElement {
  const size = context.run.index.geometry.inputSize;
  const overlay = s(
    'svg',
    { viewBox: `0 0 ${size} ${size}`, 'aria-hidden': 'true' },
    positions.map((p) => outline(context, p, kind)),
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

/** `unit`: whose places are outlined; the photograph's page outlines the first of them, too. */
export function pictureTile(
  context: ViewContext,
  kind: Kind,
  index: number,
  positions: readonly number[],
  caption: string,
  unit?: number,
): HTMLElement {
  const from = unit === undefined ? {} : { unit: formatUnit({ kind, index: unit }), at: positions[0] };
  return h(
    'a',
    { class: 'picture-tile', href: context.link(['photographs', index], from) },
    picture(context, index, kind, positions, `photograph ${index}`),
    h('span', { class: 'caption' }, caption),
  );
}
