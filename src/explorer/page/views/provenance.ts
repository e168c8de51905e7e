// What was run: versions, settings, hashes.
import { h, section } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import type { ViewContext } from '../view.js';

export function provenance({ run }: ViewContext): HTMLElement {
  const { run: r, pictures, vectors } = run.index;
  const rows: [string, string | number][] = [
    ['curvesae', r.version],
    ['model', `${r.model.name} (${r.model.architecture})`],
    ['tap', r.tap],
    [
      'autoencoder',
      `${r.sae.architecture}, ${r.sae.dIn} → ${r.sae.dSae}${r.sae.k === null ? '' : `, k = ${r.sae.k}`}, gamma ${r.sae.gamma.toFixed(3)}`,
    ],
    ['images', `${r.images}, ${r.vectors} vectors; ${pictures.shown} searched for what fires each unit`],
    ['histograms', `${vectors.histogram} uniformly drawn vectors`],
    [
      'build',
      `${r.build}, ${r.numerics === 'exact' ? 'the same bits on every engine' : 'last digits depend on the engine'}`,
    ],
    ['seed', r.seed],
    ...(r.groundTruth
      ? [
          [
            'ground truth',
            `${r.groundTruth.recovered} of ${r.groundTruth.total} planted curves recovered`,
          ] as [string, string],
        ]
      : []),
  ];
  const hashes = Object.entries(r.hashes);
  return section(
    'What was run',
    h(
      'dl',
      {},
      [...rows, ...hashes.map(([name, value]) => [name, h('code', {}, value)] as const)].map(
        ([term, value]) => [h('dt', {}, term), h('dd', {}, value)],
      ),
    ),
    downloads('run', () => {
      const all = [...rows, ...hashes];
      return sheetOf({ what: all.map(([name]) => name), value: all.map(([, value]) => value) });
    }),
    pictures.failures.length > 0 && [
      h('h3', {}, 'Photographs that could not be used'),
      h(
        'ul',
        {},
        pictures.failures.slice(0, 100).map((f) => h('li', {}, `${f.name}: ${f.reason}`)),
      ),
    ],
  );
}
