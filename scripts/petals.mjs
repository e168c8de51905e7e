// Who covers which orientation, several pictures in one SVG file, drawn as the report draws them.
import { polarPicture } from '../dist/src/report/polar.js';
import { SIZE } from '../dist/src/report/polar-geometry.js';
import { STYLE } from '../dist/src/report/style.js';
import { wideGaps } from '../dist/src/study/curves/gaps.js';

const PITCH = SIZE + 20;
const HEAD = 40;

/**
 * `title`: what it is, in words. Rows of panels, each {title, petals: [{unit, orientationDeg, curve, kind}]}. Wide gaps are those between the
 * petals, unless a panel brings its own `gaps`.
 */
export function petalsPicture(title, rows) {
  const rules = STYLE.split('\n').filter((line) =>
    /^(:root|@media\(prefers|\.(ring|axis|neuron|feature|petal|curve|wedge)|svg (text|\.gap))/.test(line),
  );
  const height = SIZE + HEAD;
  const panel = ({ title, petals, gaps }, column, row) => {
    const { text } = polarPicture('', petals, gaps ?? (petals.length > 1 ? wideGaps(petals) : []));
    const drawn = text.slice(text.indexOf('<g '), text.lastIndexOf('</g>') + 4);
    return `<g transform="translate(${column * PITCH} ${row * height + HEAD - 6})"><text class="head" x="${SIZE / 2}" y="-10" text-anchor="middle">${title}</text>${drawn}</g>`;
  };
  const columns = Math.max(...rows.map((row) => row.length));
  const width = (columns - 1) * PITCH + SIZE;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${rows.length * height}" color="#888" role="img"><title>${title}</title><style>${rules.join('\n')}
svg text.head{fill:var(--ink);font-size:17px;font-weight:600}</style>
<rect width="${width}" height="${rows.length * height}" fill="var(--bg)"/>
${rows.map((row, r) => row.map((one, c) => panel(one, c, r)).join('\n')).join('\n')}
</svg>
`;
}

/** A table in Markdown; the first row is its head. */
export const markdownTable = (rows) =>
  rows.map((row, i) => `| ${row.join(' | ')} |${i ? '' : `\n|${' --- |'.repeat(row.length)}`}`).join('\n');
