// What a unit moves, as bars beside what chance moves as far.
import { scaleLinear } from 'd3-scale';
import type { Moved, Movement } from '../study/circuit/types.js';
import { html, type Markup } from './html.js';
import { short, signed } from './numbers.js';

const WIDTH = 360;
const ROW = 17;
const NAME = 175;

/** `title` says what is measured. */
export function movementChart(title: string, movement: Movement): Markup {
  const rows = [...movement.up, ...[...movement.down].reverse()];
  const chance = Math.max(movement.random.largest, movement.others.largest);
  const most = Math.max(movement.largest, chance) || 1;
  const x = scaleLinear([-most, most], [NAME, WIDTH - 2]);
  const height = 22 + ROW * rows.length;
  const band = (of: number, text: string) =>
    html`<rect class="chance" x="${x(-of).toFixed(1)}" width="${(x(of) - x(-of)).toFixed(1)}" y="20" height="${height - 20}"><title>${text}: ±${short(of)}</title></rect>`;
  const bar = ({ name, change }: Moved, i: number) => {
    const y = 22 + ROW * i;
    const [from, to] = [Math.min(x(0), x(change)), Math.max(x(0), x(change))];
    return html`<text x="${NAME - 6}" y="${y + 11}" text-anchor="end">${cut(name)}<title>${name}</title></text><rect class="bar ${change > 0 ? 'more' : 'less'}" x="${from.toFixed(1)}" width="${Math.max(0.5, to - from).toFixed(1)}" y="${y + 2}" height="${ROW - 5}"><title>${name}: ${signed(change)}</title></rect>`;
  };
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}: ${rows.map((m) => `${m.name} ${signed(m.change)}`).join(', ')}">
<text class="title" x="0" y="12">${title}</text>${band(movement.others.largest, 'largest change by other units')}${band(movement.random.largest, 'largest change by random directions')}
<line class="axis" x1="${x(0)}" x2="${x(0)}" y1="20" y2="${height}"/>${rows.map(bar)}</svg>
<figcaption>${sentence(movement)}</figcaption></figure>`;
}

const cut = (name: string): string => (name.length > 26 ? `${name.slice(0, 25)}…` : name);

function sentence({ rms, random, others }: Movement): string {
  const times = (of: number): string => (of > 0 ? `${short(rms / of)} times` : 'against nothing');
  return `It moves all of them ${times(random.rms)} as far (root mean square) as a random direction, which ${random.asMuch} of ${random.draws} reach, and ${times(others.rms)} as far as another unit, which ${others.asMuch} of ${others.draws} reach.`;
}
