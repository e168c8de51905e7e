// A photograph, dropped or chosen, or the camera: where the chosen units fire, and what fires most.
import { sameUnit, type Unit, unitName } from '../../../units/unit.js';
import { Camera } from '../camera.js';
import { REPLACED } from '../compute.js';
import { type Child, h, s } from '../dom.js';
import { takeDropped } from '../dropped.js';
import { paintMap } from '../heat.js';
import { Meters, ranked } from '../meters.js';
import type { Calls, PictureSource } from '../protocol.js';
import { wholeNumber } from '../router.js';
import { storedText, storedValue } from '../stored.js';
import { outline } from '../tiles.js';
import { type Bench, type Live, lists } from './live-bench.js';
import { addition, removal } from './live-curve.js';

const SHOWN = 12;
/** Above any photograph that a decoder here takes. */
const MAX_BYTES = 256 << 20;

export function pictureBench(it: Live, withCamera: boolean): Bench {
  const { run } = it.context;
  const { geometry } = run.index;
  const size = geometry.inputSize;
  const canvas = h('canvas', {
    width: size,
    height: size,
    role: 'img',
    'aria-label': 'what the network sees',
  });
  const heat = h('canvas', {
    class: 'heat',
    width: geometry.width,
    height: geometry.height,
    'aria-hidden': 'true',
  });
  const places = s('svg', { viewBox: `0 0 ${size} ${size}`, 'aria-hidden': 'true' });
  const box = h('div', { class: 'picture seen' }, canvas, heat, places);
  const watched = new Meters({
    label: 'watched units',
    scales: it.scales,
    href: it.href,
    picture: it.picture,
    action: removal(it),
    select: (ref) => void pick(ref).catch(it.complain),
  });
  const strongest = new Meters({
    label: 'strongest units',
    scales: it.scales,
    href: it.href,
    picture: it.picture,
    action: addition(it),
    select: (ref) => void pick(ref).catch(it.complain),
  });
  const caption = h('p', { class: 'soft', role: 'status' });
  const difference = h('p', { class: 'soft stored', role: 'status' });
  let seen: Exclude<Calls['picture']['give'], symbol> | undefined;
  let selected: Unit | undefined = it.chosen()[0];

  const value = ({ kind, index }: Unit): number => seen?.[kind]?.values[index] ?? 0;
  const show = () => {
    if (!seen) return;
    watched.set(it.chosen(), value, selected);
    const values = { neurons: seen.neurons.values, features: seen.features?.values };
    strongest.set(ranked(values, it.scales, SHOWN), value, selected);
  };
  const overlay = (map: Float32Array) => {
    places.replaceChildren();
    if (!selected) return;
    paintMap(heat, map, it.scales[selected.kind].largest(selected.index), selected.kind);
    const position = seen?.[selected.kind]?.positions[selected.index];
    if (position !== undefined && value(selected) > 0) places.append(outline(it.context, position, selected));
    const name = unitName(selected);
    caption.textContent = `${
      value(selected) > 0
        ? `Lit: where ${name} fires; the square is what its strongest position sees.`
        : `${name} does not fire here.`
    }`;
    void compareStored(selected, value(selected));
  };
  // Of a photograph of the run: what the run has, and why what is computed here is another number.
  let ofRun: number | undefined;
  const compareStored = async (unit: Unit, here: number) => {
    const index = ofRun;
    difference.textContent = '';
    if (index === undefined) return;
    const there = await storedValue(run, unit, index);
    if (index !== ofRun || !selected || !sameUnit(unit, selected)) return;
    difference.textContent = storedText(there, here);
  };
  const pick = async (ref: Unit) => {
    selected = ref;
    show();
    if (!seen) return;
    const map = await it.compute.call('maps', { units: [ref] });
    if (map !== REPLACED) overlay(map);
  };
  const look = async (source: PictureSource): Promise<void> => {
    const transfer = source.kind === 'file' ? [source.bytes] : source.kind === 'pixels' ? [source.rgba] : [];
    const got = await it.compute.call('picture', { source, units: selected ? [selected] : [] }, transfer);
    if (got === REPLACED) return;
    seen = got;
    it.complain(undefined);
    canvas.getContext('2d')!.putImageData(new ImageData(got.pixels, got.size, got.size), 0, 0);
    box.classList.add('filled');
    show();
    if (selected) overlay(got.maps);
  };
  const open = async (file: File | undefined) => {
    if (!file) return;
    try {
      if (file.size > MAX_BYTES)
        throw new Error(`${file.name}: ${file.size} bytes is more than the limit of ${MAX_BYTES}`);
      ofRun = undefined;
      caption.textContent = `Computing ${file.name}…`;
      await look({ kind: 'file', name: file.name, bytes: await file.arrayBuffer() });
    } catch (error) {
      caption.textContent = '';
      it.complain(error);
    }
  };
  const camera = withCamera ? new Camera(look, it.complain) : undefined;
  const input = h('input', {
    type: 'file',
    id: 'file',
    accept: 'image/*',
    onchange: () => void open(input.files?.[0]),
  });
  // On the whole page: beside the square the browser would leave the page and open the file.
  const drop = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    box.classList.toggle('over', event.type === 'dragover');
    if (event.type === 'drop') void open(event.dataTransfer.files[0]);
  };
  const DROPS = ['dragover', 'dragleave', 'drop'] as const;
  if (!camera) for (const type of DROPS) addEventListener(type, drop);
  const picture = wholeNumber(it.context.address.query.get('picture'), 0, run.index.pictures.shown - 1);
  const controls: Child = camera
    ? camera.controls
    : h(
        'div',
        { class: 'controls' },
        h('label', { class: 'button', for: 'file' }, 'Choose a photograph', input),
        h('span', { class: 'soft' }, 'or drop one here'),
      );
  return {
    element: h(
      'div',
      { class: 'bench-grid two' },
      h('section', {}, h('h2', {}, withCamera ? 'Camera' : 'Photograph'), controls, box, caption, difference),
      lists(it, watched, strongest, 'here'),
    ),
    start: () => {
      watched.set(it.chosen(), () => 0, selected);
      const dropped = camera ? undefined : takeDropped();
      if (dropped) void open(dropped);
      if (dropped || camera || !run.index.pictures.shown) return;
      const index = picture ?? 0;
      ofRun = index;
      caption.textContent = `Computing photograph ${index} of the run…`;
      look({ kind: 'address', url: new URL(run.picture(index), document.baseURI).href }).catch(it.complain);
    },
    changed: () => {
      const still = it.chosen().some((c) => selected && sameUnit(c, selected));
      if (!still) selected = it.chosen()[0];
      if (seen && selected) pick(selected).catch(it.complain);
      else watched.set(it.chosen(), value, selected);
    },
    dispose: () => {
      for (const type of DROPS) removeEventListener(type, drop);
      camera?.dispose();
    },
  };
}
