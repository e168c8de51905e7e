// The picture of docs/results/disentangle.md: the bars of several results of `curvesae disentangle`, drawn as its page draws them.
//   node scripts/disentangle-picture.mjs --out FILE.svg 'TITLE=FOLDER' ...
// A row a result, a column an attribute.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bars, DISENTANGLE_STYLE, W } from '../dist/src/report/disentangle.js';
import { SERIES_STYLE, STYLE } from '../dist/src/report/style.js';
import { readFileSync, writeFileSync } from './fs.mjs';

const [PITCH, HEAD, FOOT] = [W + 24, 34, 20];

const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
if (!values.out || !positionals.length) throw new Error("needs --out FILE.svg and 'TITLE=FOLDER' of results");

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const rows = positionals.map((given) => {
  const at = given.lastIndexOf('=');
  const result = JSON.parse(readFileSync(join(given.slice(at + 1), 'disentangle.json'), 'utf8'));
  const panels = Object.entries(result.readout.attributes).map(([name, read]) => {
    const { text } = bars(name, read, result);
    const [, svg] = /(<svg .*<\/svg>)/s.exec(text);
    return {
      svg,
      height: Number(/viewBox="0 0 \d+ (\d+)"/.exec(svg)[1]),
      caption: /<figcaption>(.*?)<\/figcaption>/s.exec(text)[1],
    };
  });
  return { title: given.slice(0, at), panels, height: Math.max(...panels.map((p) => p.height)) };
});
const width = Math.max(...rows.map(({ panels }) => panels.length)) * PITCH - 24;
let y = 0;
const drawn = rows.map(({ title, panels, height }) => {
  const top = y + HEAD;
  y = top + height + FOOT;
  const placed = panels.map(({ svg, height: own, caption }, i) => {
    const x = i * PITCH;
    return `${svg.replace('<svg ', `<svg x="${x}" y="${top}" width="${W}" height="${own}" `)}
<text x="${x + W / 2}" y="${top + own + 6}" text-anchor="middle">${caption}</text>`;
  });
  return `<text class="head" x="0" y="${top - 12}">${escaped(title)}</text>\n${placed.join('\n')}`;
});
const rules = STYLE.split('\n').filter((line) =>
  /^(:root|@media\(prefers|\.axis|svg (text|\.title))/.test(line),
);
const own = DISENTANGLE_STYLE.split('\n').filter((line) => line.startsWith('.bars'));
const title = `Disentangle score of each method: ${rows.map((row) => row.title).join('; ')}`;
writeFileSync(
  values.out,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img"><title>${escaped(title)}</title><style>${[...rules, SERIES_STYLE, ...own].join('\n')}
svg text.head{fill:var(--ink);font-size:17px;font-weight:600}</style>
<rect width="${width}" height="${y}" fill="var(--bg)"/>
<g class="bars">
${drawn.join('\n')}
</g>
</svg>
`,
);
