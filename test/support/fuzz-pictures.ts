// Pictures for scripts/fuzz.mjs, the corpus and test/images/damaged.test.ts: a valid file of each kind, and
// what must hold of any bytes, through the decoders of Node and of browsers (which runs in Node here).
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { decodeImage as nodeDecode } from '../../src/images/decode.node.js';
import { decodeImage as webDecode } from '../../src/images/decode.web.js';
import { isJpeg } from '../../src/images/jpeg-markers.js';
import { isPng } from '../../src/images/png.js';
import { InputError, Rng } from '../../src/index.js';
import { jpegWith, P3, pngWith } from './icc.js';
import { png, SAMPLES, u32 } from './png.js';

const rng = new Rng(11);
export const randomBytes = (n: number) => Uint8Array.from({ length: n }, () => rng.below(256));

const noise = (width: number, height: number) =>
  sharp(randomBytes(3 * width * height), { raw: { width, height, channels: 3 } });

/** A PNG of 9 x 7 random pixels, with `extra` chunks before them. */
export function randomPng(colour: number, depth: number, extra: [string, Uint8Array][]): Uint8Array {
  const rows: number[] = [];
  for (let y = 0; y < 7; y++)
    rows.push(rng.below(5), ...randomBytes(Math.ceil((9 * depth * SAMPLES[colour]) / 8)));
  return png([...u32(9), ...u32(7), depth, colour, 0, 0, 0], deflateSync(Uint8Array.from(rows)), extra);
}

async function outcome(decode: typeof nodeDecode, file: Uint8Array): Promise<string> {
  try {
    const { width, height, data } = await decode(file, 'x');
    if (data.length !== 3 * width * height) throw new Error(`${data.length} bytes for ${width} x ${height}`);
    return `${width}x${height} ${Buffer.from(data).toString('base64')}`;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return `refused: ${error.message}`;
  }
}

/** What browsers refuse although it is whole: Node may decode it. */
const NODE_ONLY = /in Node only|can be decoded here/;

/**
 * JPEG and PNG: Node and browsers give the same pixels or both refuse, unless browsers do not have what it takes.
 * Other kinds: browsers refuse. Nothing but InputError leaves either.
 */
export async function alike(file: Uint8Array, name: string): Promise<'refused' | 'decoded'> {
  const [node, web] = [await outcome(nodeDecode, file), await outcome(webDecode, file)];
  const refused = [node, web].map((o) => o.startsWith('refused'));
  const common = isJpeg(file) || isPng(file);
  const onlyNode = refused[1] && (!common || NODE_ONLY.test(web));
  if (!onlyNode && (refused[0] !== refused[1] || (!refused[0] && node !== web)))
    throw new Error(`${name}: Node ${node.slice(0, 80)}, browsers ${web.slice(0, 80)}`);
  return refused[0] ? 'refused' : 'decoded';
}

const turned = { IFD0: { Orientation: '6' } };
const PLTE: [string, Uint8Array] = ['PLTE', randomBytes(48)];

export const PICTURES: Record<string, Uint8Array> = {
  jpeg: await noise(33, 21).blur(2).jpeg().toBuffer(),
  'jpeg-progressive': await noise(33, 21).blur(2).jpeg({ progressive: true }).toBuffer(),
  'jpeg-exif': await noise(21, 13).withExif(turned).jpeg().toBuffer(),
  'jpeg-grey': await noise(21, 13).greyscale().toColourspace('b-w').jpeg().toBuffer(),
  'jpeg-cmyk': await noise(21, 13).toColourspace('cmyk').jpeg().toBuffer(),
  'jpeg-profile': jpegWith(await noise(21, 13).jpeg().toBuffer(), P3, 300),
  'png-exif': await noise(21, 13).withExif(turned).png().toBuffer(),
  'png-palette': randomPng(3, 8, [PLTE, ['tRNS', randomBytes(16)]]),
  'png-16': randomPng(2, 16, []),
  'png-profile': pngWith(await noise(9, 5).png().toBuffer(), P3),
  webp: await noise(21, 13).webp().toBuffer(),
  'webp-lossless': await noise(21, 13).webp({ lossless: true }).toBuffer(),
  gif: await noise(21, 13).gif().toBuffer(),
  tiff: await noise(21, 13).tiff({ compression: 'lzw' }).toBuffer(),
  avif: await noise(16, 16).heif({ compression: 'av1' }).toBuffer(),
};
