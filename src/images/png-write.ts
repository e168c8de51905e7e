// RGB of 8 bits -> a PNG file: one filter for each row, the one of the smallest sum (as the specification
// advises), DEFLATE by fflate. The same bytes everywhere.
import { zlibSync } from 'fflate';
import { joined } from '../formats/pieces.js';
import { crc32 } from '../formats/zip.js';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Pixels [height][width][3]. */
export function encodePng(rgb: Uint8Array, width: number, height: number): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2, 0, 0, 0], 8);
  const data = zlibSync(filtered(rgb, 3 * width, height), { level: 9 });
  return joined([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', new Uint8Array(0))]);
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = name.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

/** Rows, each behind the number of its filter: 0 none, 1 the pixel on the left, 2 the one above. */
function filtered(rgb: Uint8Array, stride: number, height: number): Uint8Array {
  const out = new Uint8Array(height * (stride + 1));
  const rows = [0, 1, 2].map(() => new Uint8Array(stride));
  for (let y = 0; y < height; y++) {
    const at = y * stride;
    for (let i = 0; i < stride; i++) {
      const v = rgb[at + i];
      rows[0][i] = v;
      rows[1][i] = v - (i >= 3 ? rgb[at + i - 3] : 0);
      rows[2][i] = v - (y ? rgb[at + i - stride] : 0);
    }
    const sums = rows.map((row) => row.reduce((sum, v) => sum + Math.min(v, 256 - v), 0));
    const best = sums.indexOf(Math.min(...sums));
    out[y * (stride + 1)] = best;
    out.set(rows[best], y * (stride + 1) + 1);
  }
  return out;
}
