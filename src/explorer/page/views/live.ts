// Live: the run's network in this tab, on curves, drawings, photographs and the camera.
import { formatUnit } from '../../../units/unit.js';
import { chosenOf } from '../chosen.js';
import { Compute } from '../compute.js';
import { best } from '../crops.js';
import { fill, h, note, showCurrent, warning } from '../dom.js';
import { scalesOf } from '../meters.js';
import { replaceAddress } from '../router.js';
import type { View, ViewContext } from '../view.js';
import type { Bench, Live } from './live-bench.js';
import { curveBench } from './live-curve.js';
import { drawBench } from './live-draw.js';
import { pictureBench } from './live-picture.js';

const MODES: Record<string, string> = {
  curve: 'Turn a curve',
  draw: 'Draw',
  photograph: 'Photograph',
  camera: 'Camera',
};

export async function live(context: ViewContext): Promise<View> {
  const { run, address } = context;
  const mode = Object.hasOwn(MODES, address.path[1] ?? '') ? address.path[1] : 'curve';
  const status = h('div', { role: 'status' }, note('Fetching the network…'));
  const remarks = h('div');
  const place = h('div', { class: 'bench' });
  const title = h('h1', { tabindex: -1 }, 'Live');
  const units = address.query.get('units') ?? undefined;
  const tabs = h(
    'nav',
    { class: 'tabs', 'aria-label': 'What the network sees' },
    Object.entries(MODES).map(([name, text]) =>
      h(
        'a',
        { href: context.link(['live', name], { units }), 'aria-current': name === mode ? 'page' : undefined },
        text,
      ),
    ),
  );
  const element = h(
    'div',
    { class: 'live' },
    title,
    h(
      'p',
      { class: 'soft' },
      `${run.index.run.model.name} up to ${run.index.run.tap}, and its autoencoder, compute in this tab; nothing leaves it.`,
    ),
    tabs,
    status,
    remarks,
    place,
  );
  const lacking = run.lacks('model');
  if (lacking) {
    fill(status, warning(`The network of this run is not here, so nothing can be computed: ${lacking}`));
    return { title: MODES[mode], element };
  }
  const compute = new Compute();
  let bench: Bench | undefined;
  let gone = false;
  const complain = (error: unknown) => {
    if (error === undefined) fill(status);
    else if (!gone) fill(status, warning((error as Error).message ?? String(error)));
  };
  const begin = async () => {
    const scales = await scalesOf(run);
    const { build, size, apex } = await compute.open(run);
    if (gone) return;
    fill(status);
    fill(
      remarks,
      run.lacks('sae') !== undefined &&
        note(`Neurons only: the autoencoder is not here (${run.lacks('sae')}).`),
      build === 'scalar' && note('This browser has no WebAssembly SIMD: the same numbers, slower.'),
    );
    let chosen = chosenOf(address.query.get('units'), run.index);
    const settings: Record<string, string | number | undefined> = Object.fromEntries(address.query);
    delete settings.run;
    const it: Live = {
      context,
      compute,
      size,
      apex,
      scales,
      chosen: () => chosen,
      choose: (next) => {
        chosen = [...next];
        it.remember({ units: chosen.map((u) => formatUnit(u)).join(',') });
        bench?.changed();
      },
      complain,
      remember: (values) => {
        Object.assign(settings, values);
        replaceAddress(context.link(['live', mode], settings));
        if ('units' in values)
          for (const a of tabs.querySelectorAll('a'))
            a.href = context.link(['live', Object.keys(MODES).find((m) => MODES[m] === a.textContent)!], {
              units: values.units,
            });
      },
      href: (ref) => context.link([ref.kind, ref.index]),
      picture: (ref) => best(run, ref),
    };
    bench =
      mode === 'curve'
        ? curveBench(it)
        : mode === 'draw'
          ? drawBench(it)
          : pictureBench(it, mode === 'camera');
    fill(place, bench.element);
    bench.start();
  };
  return {
    title: MODES[mode],
    element,
    shown: () => {
      showCurrent(tabs);
      if (!bench && !place.dataset.begun) {
        place.dataset.begun = '1';
        begin().catch(complain);
      }
    },
    dispose: () => {
      gone = true;
      bench?.dispose();
      compute.dispose();
    },
  };
}
