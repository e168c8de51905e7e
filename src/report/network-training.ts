// The picture of how networks learnt: loss and accuracy over the steps, of training and of held-out pictures, several trainings
// side by side. One SVG that carries its own style.
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { HeldOutScore, NetworkPoint } from '../study/train-network/types.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';
import { SERIES_STYLE } from './style.js';

const W = 360;
const H = 230;
const M = { left: 44, right: 18, top: 30, bottom: 40 };

const STYLE = `:root{color-scheme:light dark;--card:#fff;--ink:#1d2126;--soft:#5c6570;--line:#e3e0d8}
@media(prefers-color-scheme:dark){:root{--card:#1b1f24;--ink:#e8e6e1;--soft:#9aa3ad;--line:#2d333a}}
text{fill:var(--soft);font:11px system-ui,sans-serif}.title{fill:var(--ink);font-weight:600}.axis{stroke:var(--line)}
.series path{fill:none;stroke-width:1.5}.chance{stroke:var(--ink);stroke-dasharray:1 3}
${SERIES_STYLE}.key text{fill:var(--ink);font-weight:400}`;

export interface DrawnTraining {
  name: string;
  log: readonly NetworkPoint[];
  heldOut: Pick<HeldOutScore, 'chance'>;
}

type Key = 'loss' | 'accuracy';

/** Lines of training, marks of held-out pictures. */
export function drawNetworkTraining(trainings: readonly DrawnTraining[]): string {
  const ends = trainings.map(({ name, log }) => `${name}: ${short(log[log.length - 1].accuracy)}`);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * W} ${H + 24}" role="img"><title>Loss and accuracy over training; at the end, ${ends.join(', ')}</title><style>${STYLE}</style>
<rect width="100%" height="100%" fill="var(--card)"/>
<g>${panel(trainings, 'loss', 'loss (nats)')}</g>
<g transform="translate(${W} 0)">${panel(trainings, 'accuracy', 'share of pictures right')}</g>
<g class="key series" transform="translate(${M.left} ${H + 10})">${trainings.map(({ name }, i) => html`<g class="s${i}" transform="translate(${i * 130} 0)"><circle class="mark" r="4" cy="-4"/><text x="8">${name}</text></g>`)}<text x="${trainings.length * 130}">lines: training; marks: held-out pictures; dotted: chance</text></g>
</svg>
`.text;
}

function panel(trainings: readonly DrawnTraining[], key: Key, title: string): Markup {
  const points = trainings.flatMap(({ log }) => log);
  const most = key === 'accuracy' ? 1 : Math.max(...points.map((p) => p.loss));
  const x = scaleLinear([0, Math.max(...points.map((p) => p.step))], [M.left, W - M.right]);
  const y = scaleLinear([0, most], [H - M.bottom, M.top]);
  const path = line<NetworkPoint>()
    .x((p) => x(p.step))
    .y((p) => y(p[key]))
    .digits(1);
  const level = (at: number): string => y(at).toFixed(1);
  const across = (at: number, kind: string): Markup =>
    html`<line class="${kind}" x1="${M.left}" x2="${W - M.right}" y1="${level(at)}" y2="${level(at)}"/>`;
  return html`<text class="title" x="${M.left}" y="16">${title}</text>
${y.ticks(5).map((t) => html`${across(t, 'axis')}<text x="${M.left - 6}" y="${(y(t) + 4).toFixed(1)}" text-anchor="end">${short(t)}</text>`)}
${x.ticks(4).map((t) => html`<text x="${x(t).toFixed(1)}" y="${H - M.bottom + 16}" text-anchor="middle">${t}</text>`)}
<text x="${(M.left + W - M.right) / 2}" y="${H - 8}" text-anchor="middle">steps</text>
${key === 'accuracy' && across(trainings[0].heldOut.chance, 'chance')}
${trainings.map(({ log }, i) => html`<g class="series s${i}"><path d="${path([...log]) ?? ''}"/>${log.map((p) => (p.heldOut ? html`<circle class="mark" r="2.6" cx="${x(p.step).toFixed(1)}" cy="${level(p.heldOut[key])}"/>` : undefined))}</g>`)}`;
}
