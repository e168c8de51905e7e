// What a unit does to the token that comes next, on demand: the server reads the text again without the unit.
import { short } from '../../../report/numbers.js';
import type { TokenEffect, TokenQuestion } from '../../../study/atlas/format.js';
import { fill, h, note, section, warning } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import { movedList } from '../moved-list.js';
import { type AtlasUnit, unitText } from './atlas-unit.js';
import type { AtlasContext } from './context.js';
import { visible } from './document-parts.js';

export function nextToken(
  { data, sae }: AtlasContext,
  { text, token, unit }: { text: string; token: number; unit: AtlasUnit },
): HTMLElement {
  const name = unitText(unit);
  const place = h('div', { class: 'effects', 'aria-live': 'polite' });
  const button = h(
    'button',
    {
      type: 'button',
      onclick: async () => {
        button.disabled = true;
        fill(
          place,
          note('The network reads the text again, without it and with random directions in its place…'),
        );
        try {
          draw(place, name, await asked(data.site.effects!, { text, token, unit: name, sae: sae ?? 0 }));
        } catch (error) {
          fill(place, warning((error as Error).message));
        }
        button.disabled = false;
      },
    },
    `Take ${name} away`,
  );
  return section(
    'What it does: the next token',
    h(
      'p',
      { class: 'soft' },
      `${name} is taken away wherever it fires, from the beginning to here. `,
      button,
    ),
    place,
  );
}

async function asked(address: string, question: TokenQuestion): Promise<TokenEffect> {
  const response = await fetch(address, { method: 'POST', body: JSON.stringify(question) });
  if (!response.ok) throw new Error((await response.text()).trim() || `HTTP ${response.status}`);
  return (await response.json()) as TokenEffect;
}

function draw(place: HTMLElement, name: string, { amount, moved }: TokenEffect): void {
  const shown = (side: typeof moved.up) => side.map((m) => ({ ...m, name: visible(m.name) }));
  const rows = [...moved.up, ...moved.down];
  if (!rows.length) {
    fill(place, note(`${name} does nothing up to here: nothing changes.`));
    return;
  }
  fill(
    place,
    h(
      'p',
      { class: 'soft' },
      'How logits of what comes next change, about their mean over all tokens. Grey: how far random directions of the same length, at the same tokens, move the same one (root mean square).',
    ),
    movedList(
      `Without ${name}, which adds ${short(amount)} in all`,
      { ...moved, up: shown(moved.up), down: shown(moved.down) },
      'tokens',
    ),
    downloads(`${name}-next-token`, () =>
      sheetOf({
        token: rows.map((r) => r.name),
        change: rows.map((r) => r.change),
        randomDirections: rows.map((r) => r.random),
      }),
    ),
  );
}
