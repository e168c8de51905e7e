// What the paper found on GPT-2 small, by layer (METHODS 8): disentangle scores of soft masks at temperature 0.1.
import type { DisentangleResult } from '../result.js';

type Table = Readonly<Record<string, readonly (number | null)[]>>;

const row = (text: string): (number | null)[] => text.split(' ').map((v) => (v === '-' ? null : Number(v)));

/** Layers 0 to 11. */
export const PUBLISHED: Readonly<Record<string, Table>> = {
  continent: {
    Neuron: row('.72 .72 .73 .71 .73 .72 .72 .74 .75 .72 .69 .68'),
    DAS: row('.94 .96 .92 .95 .97 .96 .96 .95 .89 .81 .77 .68'),
    'Bloom SAE': row('.63 .45 .40 .53 .60 .62 .60 .64 .67 .52 .21 .68'),
    'OpenAI SAE': row('.72 .73 .70 .67 .69 .70 .64 .61 .66 .68 .67 .68'),
    'Apollo e2e+ds': row('- .57 - - - .39 - - - .64 - -'),
    'Apollo e2e': row('- .53 - - - .39 - - - .72 - -'),
  },
  country: {
    Neuron: row('.74 .71 .74 .73 .73 .73 .71 .73 .54 .55 .58 .56'),
    DAS: row('.93 .94 .91 .94 .95 .94 .95 .94 .74 .70 .68 .56'),
    'Bloom SAE': row('.64 .42 .38 .57 .65 .64 .63 .65 .60 .49 .22 .56'),
    'OpenAI SAE': row('.71 .73 .71 .67 .71 .70 .63 .59 .42 .51 .55 .56'),
    'Apollo e2e+ds': row('- .59 - - - .44 - - - .60 - -'),
    'Apollo e2e': row('- .54 - - - .44 - - - .57 - -'),
  },
};

/** No-op: (1 + share of pairs of one label) / 2. */
export const PUBLISHED_BASELINE: Readonly<Record<string, number>> = { continent: 0.678, country: 0.565625 };

/** The block whose output the tap is; undefined of other taps. */
export function layerOf(tap: string | null): number | undefined {
  const [, n, where] = /^blocks\.(\d+)\.hook_resid_(pre|post)$/.exec(tap ?? '') ?? [];
  if (n === undefined) return undefined;
  return where === 'post' ? Number(n) : Number(n) - 1;
}

/** Lines of the paper beside this result, or why there are none. */
export function publishedLines({ tap, settings }: DisentangleResult): string[] {
  if (!settings.city) return [];
  if (!settings.city.published)
    return [
      'these weights are not the published ones of GPT-2 small, so that nothing here can be held against the paper: what stands above was learnt from and judged on this network alone',
    ];
  const names = Object.keys(settings.city.prompts).filter((name) => PUBLISHED[name]);
  const lines = (tap ?? '').split(',').flatMap((one) => linesAt(layerOf(one), names));
  return lines.length ? lines : ['the paper has no numbers of this tap and these attributes'];
}

function linesAt(layer: number | undefined, names: readonly string[]): string[] {
  if (layer === undefined || layer < 0 || layer > 11) return [];
  return names.map((name) => {
    const found = Object.entries(PUBLISHED[name]).flatMap(([method, scores]) =>
      scores[layer] === null ? [] : [`${method} ${scores[layer]!.toFixed(2)}`],
    );
    return `the paper, ${name}, layer ${layer}: ${found.join(', ')}, no-op ${PUBLISHED_BASELINE[name]} (soft masks)`;
  });
}
