// Colour profiles: against the formulas in plain f64, against lcms (in sharp), and the same pixels
// in both runtimes.
import fc from 'fast-check';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeImage as nodeDecode } from '../../src/images/decode.node.js';
import { decodeImage } from '../../src/images/decode.web.js';
import { conversionToSrgb } from '../../src/images/icc-convert.js';
import { power, readProfile } from '../../src/images/icc-profile.js';
import { InputError, Rng } from '../../src/index.js';
import { filled } from '../support/filled.js';
import {
  ADOBE,
  COLORANTS,
  type Columns,
  curv,
  GREY,
  gamma,
  greyProfile,
  jpegWith,
  P3,
  para,
  pngWith,
  profile,
  rgbProfile,
  SRGB_CURVE,
  srgbTable,
  srgbToLight,
  TABLES,
  xyz,
} from '../support/icc.js';
import { rejection } from '../support/rejection.js';

const test = suite('images/icc');

const rng = new Rng(7);
const noise = (n: number) => Uint8Array.from({ length: n }, () => rng.below(256));
const noise16 = (n: number) => Uint16Array.from({ length: n }, () => rng.below(65536));
/** Every 17th level of each channel, and random colours. */
const GRID = Uint8Array.from([
  ...Array.from({ length: 16 ** 3 }, (_, i) => [(i >> 8) * 17, ((i >> 4) & 15) * 17, (i & 15) * 17]).flat(),
  ...noise(3 * 945),
]);
const SIDE = Math.sqrt(GRID.length / 3);
const raw = (data: Uint8Array | Uint16Array, width: number, height: number, channels: 1 | 2 | 3 | 4) =>
  sharp(data, { raw: { width, height, channels } });

const convert = <T extends Uint8Array | Uint16Array>(icc: Uint8Array, samples: T, channels = 3): T => {
  const depth = samples instanceof Uint16Array ? 16 : 8;
  const out = samples.slice() as T;
  const conversion = conversionToSrgb(icc, { grey: false, depth });
  assert.type(conversion, 'function');
  if (typeof conversion === 'function') conversion(out, channels);
  return out;
};
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  assert.is(a.length, b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
};

/** The formulas, with Math.pow and matrices solved by elimination. */
function reference(columns: Columns, curve: (x: number) => number, samples: ArrayLike<number>, max: number) {
  const stored = (v: number) => Math.round(65536 * v) / 65536;
  const encode = (l: number) => (l <= 0.0031308 ? 12.92 * l : 1.055 * l ** (1 / 2.4) - 0.055);
  const out: number[] = [];
  for (let i = 0; i < samples.length; i += 3) {
    const light = [0, 1, 2].map((c) => Math.min(1, Math.max(0, curve(samples[i + c] / max))));
    const rows = [0, 1, 2].map((j) => [
      ...COLORANTS.srgb.map((c) => stored(c[j])),
      columns.reduce((sum, c, k) => sum + stored(c[j]) * light[k], 0),
    ]);
    for (let p = 0; p < 3; p++)
      for (let r = 0; r < 3; r++) {
        const k = r === p ? 0 : rows[r][p] / rows[p][p];
        rows[r] = rows[r].map((v, j) => v - k * rows[p][j]);
      }
    for (let c = 0; c < 3; c++) out.push(max * encode(Math.min(1, Math.max(0, rows[c][3] / rows[c][c]))));
  }
  return out;
}

const PHOTOSHOP = rgbProfile(COLORANTS.adobe, gamma(1.8));
/** Black is no light in all of them: lcms lifts or sinks others to sRGB's black. */
const CASES: [string, Uint8Array, Columns, (x: number) => number][] = [
  ['Display P3', P3, COLORANTS.p3, srgbToLight],
  ['Adobe RGB', ADOBE, COLORANTS.adobe, (x) => x ** 2.19921875],
  ['gamma 1.8', PHOTOSHOP, COLORANTS.adobe, (x) => x ** (Math.round(1.8 * 256) / 256)],
  ['a table', rgbProfile(COLORANTS.p3, srgbTable(1024), { version: 2 }), COLORANTS.p3, srgbToLight],
  ['linear', rgbProfile(COLORANTS.srgb, curv()), COLORANTS.srgb, (x) => x],
  ['para 0', rgbProfile(COLORANTS.p3, para(0, 2.5)), COLORANTS.p3, (x) => x ** 2.5],
  [
    'para 1',
    rgbProfile(COLORANTS.p3, para(1, 2, 1.25, -0.25)),
    COLORANTS.p3,
    (x) => Math.max(0, 1.25 * x - 0.25) ** 2,
  ],
  [
    'para 2',
    rgbProfile(COLORANTS.p3, para(2, 2, 0.875, 0.125, -0.015625)),
    COLORANTS.p3,
    (x) => (0.875 * x + 0.125) ** 2 - 0.015625,
  ],
  [
    'para 4',
    rgbProfile(COLORANTS.p3, para(4, 2, 0.875, 0.0625, 0.5, 0.25, 0.0625, 0)),
    COLORANTS.p3,
    (x) => (x >= 0.25 ? (0.875 * x + 0.0625) ** 2 + 0.0625 : 0.5 * x),
  ],
];

for (const [name, icc, columns, curve] of CASES)
  test(`${name}: the formulas within rounding, 8 and 16 bit; lcms within 2 of 255`, async () => {
    const by = furthest(convert(icc, GRID), reference(columns, curve, GRID, 255));
    assert.ok(by < 0.6, `${by}`);
    const deep = noise16(3 * 2000);
    const deepBy = furthest(convert(icc, deep), reference(columns, curve, deep, 65535));
    assert.ok(deepBy < 10, `${deepBy}`);
    const file = pngWith(await raw(GRID, SIDE, SIDE, 3).png().toBuffer(), icc);
    const lcms = await sharp(file).toColourspace('srgb').raw().toBuffer();
    assert.ok(furthest(convert(icc, GRID), lcms) <= 2, `${furthest(convert(icc, GRID), lcms)} from lcms`);
  });

test('each channel has its own curve, and alpha none', () => {
  const icc = rgbProfile(COLORANTS.srgb, [gamma(1), gamma(2), gamma(3)]);
  const [r, g, b, a] = convert(icc, Uint8Array.of(128, 128, 128, 77), 4);
  const alone = (v: number) => Math.round(255 * (1.055 * v ** (1 / 2.4) - 0.055));
  const x = 128 / 255;
  assert.ok(furthest([r, g, b], [alone(x), alone(x ** 2), alone(x ** 3)]) <= 1);
  assert.is(a, 77);
});

test('a profile of sRGB changes nothing, however it is written; a neighbour does', () => {
  const none = (icc: Uint8Array) => assert.is(conversionToSrgb(icc, { grey: false, depth: 8 }), undefined);
  none(rgbProfile(COLORANTS.srgb, para(3, ...SRGB_CURVE)));
  none(rgbProfile(COLORANTS.srgb, srgbTable(1024), { version: 2 }));
  none(rgbProfile(COLORANTS.srgb, srgbTable(26), { version: 2 }));
  none(rgbProfile(COLORANTS.srgb.map((c) => c.map((v) => v + 5e-4)) as Columns, srgbTable(4096)));
  assert.is(conversionToSrgb(greyProfile(para(3, ...SRGB_CURVE)), { grey: true, depth: 8 }), undefined);
  for (const other of [
    rgbProfile(COLORANTS.srgb, gamma(2.2)),
    P3,
    rgbProfile(COLORANTS.p3, srgbTable(1024)),
    rgbProfile(COLORANTS.srgb, [srgbTable(1024), srgbTable(1024), gamma(2.2)]),
  ])
    assert.type(conversionToSrgb(other, { grey: false, depth: 8 }), 'function');
});

test('black, white and greys stay what they are', () => {
  for (const icc of [P3, ADOBE]) {
    assert.equal([...convert(icc, Uint8Array.of(0, 0, 0, 255, 255, 255))], [0, 0, 0, 255, 255, 255]);
    assert.equal(
      [...convert(icc, Uint16Array.of(0, 0, 0, 65535, 65535, 65535))].map((v) => v >> 8),
      [0, 0, 0, 255, 255, 255],
    );
  }
  for (let v = 0; v < 256; v++) assert.ok(furthest(convert(P3, Uint8Array.of(v, v, v)), [v, v, v]) <= 1);
});

test('power: products and roots, against Math.pow', () => {
  for (let i = 0; i < 2000; i++) {
    const [x, y] = [rng.uniform(), Math.round(65536 * 8 * rng.uniform()) / 65536];
    assert.ok(Math.abs(power(x, y) / x ** y - 1) < 1e-13, `${x}^${y}`);
  }
  assert.is(power(0.5, -2), 4);
  assert.is(power(0, 2), 0);
  assert.is(power(-1, 2), 0);
  assert.is(power(0.25, 0.5), 0.5);
  assert.is(power(0.25, 0), 1);
  assert.is(power(0.5, 32767), 0);
});

/** One picture of every kind that may carry the profile, with the profile. */
async function files(icc: Uint8Array, grey: boolean): Promise<[string, Uint8Array][]> {
  const [w, h] = [33, 21];
  const of = (channels: 1 | 2 | 3 | 4, deep: boolean) => {
    const picture = raw((deep ? noise16 : noise)(w * h * channels), w, h, channels);
    return picture.toColourspace(grey ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb');
  };
  const exif = (orientation: number) => ({ IFD0: { Orientation: String(orientation) } });
  const found: [string, Uint8Array][] = [];
  for (const deep of [false, true])
    for (const alpha of [false, true])
      for (const progressive of [false, true])
        for (const orientation of [1, 6]) {
          const channels = ((grey ? 1 : 3) + Number(alpha)) as 1 | 2 | 3 | 4;
          const file = of(channels, deep).withExif(exif(orientation)).png({ progressive });
          found.push([
            `png ${deep ? 16 : 8} bit, alpha ${alpha}, interlaced ${progressive}, turned ${orientation}`,
            pngWith(await file.toBuffer(), icc),
          ]);
        }
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const file = of(grey ? 1 : 3, false).withExif(exif(orientation));
    for (const progressive of [false, true])
      found.push([
        `jpeg turned ${orientation}, progressive ${progressive}`,
        jpegWith(await file.clone().jpeg({ progressive }).toBuffer(), icc, progressive ? 100 : undefined),
      ]);
  }
  if (!grey) {
    const palette = of(3, false).png({ palette: true, colours: 16 });
    found.push(['png with a palette', pngWith(await palette.toBuffer(), icc)]);
  }
  return found;
}

async function same(bytes: Uint8Array, name: string): Promise<Buffer> {
  const [wanted, got] = [await nodeDecode(bytes, name), await decodeImage(bytes, name)];
  assert.equal([got.width, got.height], [wanted.width, wanted.height], name);
  assert.ok(Buffer.from(got.data).equals(Buffer.from(wanted.data)), `${name}: other pixels`);
  return Buffer.from(got.data);
}
/** What the file would be without its profile. */
const stored = async (bytes: Uint8Array): Promise<Buffer> => {
  const picture = sharp(bytes, { ignoreIcc: true }).rotate().flatten({ background: '#ffffff' });
  return picture.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer();
};

test('Node and browsers: the same pixels, in JPEG and PNG of every kind', async () => {
  const srgb = rgbProfile(COLORANTS.srgb, srgbTable(1024));
  const greys: [string, Uint8Array, boolean][] = [
    ['grey gamma 1.8', GREY, true],
    ['grey L*', greyProfile(curv(), { pcs: 'Lab ' }), true],
    ['grey sRGB', greyProfile(para(3, ...SRGB_CURVE)), false],
  ];
  const colours: [string, Uint8Array, boolean][] = [
    ['P3', P3, true],
    ['Adobe', ADOBE, true],
    ['sRGB', srgb, false],
  ];
  for (const grey of [false, true])
    for (const [profile, icc, changes] of filled(grey ? greys : colours))
      for (const [name, bytes] of filled(await files(icc, grey))) {
        const pixels = await same(bytes, `${profile}, ${name}`);
        assert.is(pixels.equals(await stored(bytes)), !changes, `${profile}, ${name}`);
      }
});

test('8-bit pictures: within 2 of what sharp makes of them', async () => {
  for (const [grey, icc] of [
    [false, P3],
    [false, ADOBE],
    [true, GREY],
    [true, greyProfile(curv(), { pcs: 'Lab ' })],
  ] as [boolean, Uint8Array][])
    for (const [name, bytes] of filled(await files(icc, grey))) {
      if (name.includes('16 bit')) continue;
      const lcms = await sharp(bytes)
        .rotate()
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        .raw({ depth: 'uchar' })
        .toBuffer();
      const pixels = await same(bytes, name);
      assert.ok(furthest(pixels, lcms) <= 2, `${name}: ${furthest(pixels, lcms)}`);
    }
});

test('16 bit are the 8 bit of the same colours', async () => {
  const colours = noise(3 * 33 * 21);
  // Sharp clips tables at 16 bit to Display P3 first: only colours that sRGB has.
  const muted = colours.map((v) => 120 + (v >> 4));
  for (const [icc, samples] of [
    [P3, colours],
    [ADOBE, colours],
    [TABLES, muted],
  ]) {
    const deep = Uint16Array.from(samples, (v) => v * 257);
    const shallow = pngWith(await raw(samples, 33, 21, 3).png().toBuffer(), icc);
    const file = pngWith(await raw(deep, 33, 21, 3).toColourspace('rgb16').png().toBuffer(), icc);
    const [a, b] = [await nodeDecode(shallow, 'x'), await nodeDecode(file, 'x')];
    assert.ok(furthest(a.data, b.data) <= 2, `${furthest(a.data, b.data)}`);
  }
});

test('16-bit TIFF with a profile: sRGB, in Node', async () => {
  const pixels = Uint16Array.from({ length: 3 * 64 }, (_, i) => 257 * [91, 189, 82][i % 3]);
  const file = pngWith(await raw(pixels, 8, 8, 3).toColourspace('rgb16').png().toBuffer(), P3);
  const bytes = await sharp(file)
    .keepIccProfile()
    .toColourspace('rgb16')
    .tiff({ compression: 'none' })
    .toBuffer();
  assert.is((await sharp(bytes).metadata()).depth, 'ushort');
  assert.ok(furthest((await nodeDecode(bytes, 'x')).data.subarray(0, 3), [0x20, 0xc0, 0x40]) <= 2);
});

test('tables: applied in Node, refused in browsers with the reason', async () => {
  const picture = raw(noise(3 * 64), 8, 8, 3);
  for (const bytes of [
    jpegWith(await picture.clone().jpeg().toBuffer(), TABLES),
    pngWith(await picture.clone().png().toBuffer(), TABLES),
  ]) {
    const { data } = await nodeDecode(bytes, 'x');
    assert.not.ok(Buffer.from(data).equals(await stored(bytes)));
    const error = await rejection(decodeImage(bytes, 'x'));
    assert.instance(error, InputError);
    assert.is(
      error.message,
      'x: has a colour profile with tables, which is applied in Node only: save it as sRGB',
    );
  }
});

const CURVE = para(3, ...SRGB_CURVE);
const without = (name: string) => {
  const tags: Record<string, Buffer> = {};
  for (const k of ['r', 'g', 'b']) {
    tags[`${k}XYZ`] = xyz(0.3, 0.3, 0.3);
    tags[`${k}TRC`] = gamma(2.2);
  }
  delete tags[name];
  return profile({ tags });
};
const patched = (icc: Buffer, at: number, value: number) => {
  const out = Buffer.from(icc);
  out.writeUInt32BE(value >>> 0, at);
  return out;
};
/** Where the entry of a tag begins. */
const entry = (icc: Buffer, name: string) => 132 + 12 * Math.floor((icc.indexOf(name) - 132) / 12);

test('a profile that is damaged, or of another kind of picture, counts as none in both', async () => {
  const bad: [string, Uint8Array][] = [
    ['empty', new Uint8Array(0)],
    ['a header only', P3.subarray(0, 128)],
    ['cut in its tag table', P3.subarray(0, 150)],
    ['no signature', patched(P3, 36, 0)],
    ['no tags', patched(P3, 128, 0)],
    ['4 billion tags', patched(patched(P3, 128, 0xffff_ffff), entry(P3, 'rXYZ'), 0)],
    ['a device link', patched(P3, 12, Buffer.from('link').readUInt32BE())],
    ['for CMYK', patched(P3, 16, Buffer.from('CMYK').readUInt32BE())],
    ['for grey', GREY],
    ['a matrix into Lab', patched(P3, 20, Buffer.from('Lab ').readUInt32BE())],
    ['a tag beyond the end', patched(P3, entry(P3, 'gTRC') + 4, 0xffff_fff0)],
    ['a tag too long', patched(P3, entry(P3, 'gXYZ') + 8, 0xffff_ffff)],
    ['a curve of unknown type', rgbProfile(COLORANTS.p3, Buffer.from('sf32000000000000'))],
    ['a curve with 4 billion values', rgbProfile(COLORANTS.p3, patched(curv(1, 2), 8, 0xffff_ffff))],
    ['a curve with more values than bytes', rgbProfile(COLORANTS.p3, patched(curv(1, 2), 8, 3))],
    ['a formula of unknown kind', rgbProfile(COLORANTS.p3, para(5, 1, 1, 1, 1, 1, 1, 1))],
    ['a formula cut short', rgbProfile(COLORANTS.p3, para(4, 1, 1))],
    ['a colorant cut short', rgbProfile(COLORANTS.p3, CURVE, { tags: { rXYZ: xyz(1, 1) } })],
    ...['rXYZ', 'bXYZ', 'rTRC', 'gTRC'].map((n): [string, Uint8Array] => [`no ${n}`, without(n)]),
  ];
  const picture = raw(noise(3 * 99), 11, 9, 3);
  const [jpeg, png] = [await picture.clone().jpeg().toBuffer(), await picture.clone().png().toBuffer()];
  for (const [name, icc] of bad) {
    assert.is(readProfile(icc, false), undefined, name);
    for (const bytes of [pngWith(png, icc), icc.length ? jpegWith(jpeg, icc) : jpeg])
      assert.ok((await same(bytes, name)).equals(await stored(bytes)), name);
  }
  // A profile of colours on a grey picture.
  const grey = raw(noise(99), 11, 9, 1).toColourspace('b-w');
  for (const bytes of [
    pngWith(await grey.clone().png().toBuffer(), P3),
    jpegWith(await grey.clone().jpeg().toBuffer(), P3),
  ])
    assert.ok((await same(bytes, 'grey')).equals(await stored(bytes)));
});

test('iCCP that does not inflate, parts of APP2 that are missing: as without a profile, in both', async () => {
  const picture = raw(noise(3 * 99), 11, 9, 3);
  const png = Buffer.from(pngWith(await picture.clone().png().toBuffer(), P3));
  const jpeg = Buffer.from(jpegWith(await picture.clone().jpeg().toBuffer(), P3, 200));
  const second = jpeg.indexOf('ICC_PROFILE', jpeg.indexOf('ICC_PROFILE') + 1);
  jpeg.write('ICC_PROFILX', second, 'latin1');
  const corrupt = Buffer.from(png);
  corrupt[33 + 8 + 20] ^= 0x55; // its checksum is wrong then
  for (const bytes of [jpeg, corrupt]) assert.ok((await same(bytes, 'x')).equals(await stored(bytes)));
});

/** Counts what is read through any DataView until it is undone. */
function countReads(onRead: () => void): () => void {
  const { prototype } = DataView;
  const own = { getUint8: prototype.getUint8, getUint16: prototype.getUint16 };
  const more = { getUint32: prototype.getUint32, getInt32: prototype.getInt32 };
  for (const [name, read] of Object.entries({ ...own, ...more }))
    Object.assign(prototype, {
      [name](this: DataView, ...at: [number]) {
        onRead();
        return read.apply(this, at);
      },
    });
  return () => Object.assign(prototype, own, more);
}

test('hostile profiles: never anything thrown, few reads, all pixels 0 to 255', () => {
  const seeds = [P3, ADOBE, TABLES, GREY, rgbProfile(COLORANTS.p3, srgbTable(64))];
  const colours = noise(3 * 64);
  const edit = fc.tuple(
    fc.nat(),
    fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x41),
    fc.integer({ min: 1, max: 4 }),
  );
  let [reads, most] = [0, 0];
  const uncount = countReads(() => reads++);
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(edit, { maxLength: 8 }),
      fc.option(fc.nat(), { nil: undefined }),
      fc.boolean(),
      (seed, edits, cut, grey) => {
        let icc = Uint8Array.from(seed);
        for (const [at, value, n] of edits) icc.fill(value, at % icc.length, (at % icc.length) + n);
        if (cut !== undefined) icc = icc.subarray(0, cut % icc.length);
        reads = 0;
        const conversion = conversionToSrgb(icc, { grey, depth: 8 });
        if (typeof conversion === 'function') conversion(colours.slice(), 3);
        // Three a value of three curves, and the list of tags: whatever counts the file states.
        assert.ok(reads <= 9 * 256 + icc.length, `${reads} reads`);
        most = Math.max(most, reads);
      },
    ),
    { numRuns: 2000 },
  );
  uncount();
  assert.ok(most > 1000, `${most} reads were counted`);
});

test('numbers without bounds: exponents, slopes and matrices at their limits', () => {
  for (const curve of [
    para(0, 32767),
    para(0, -32768),
    para(3, -5, -1, 0, -32768, 0.5),
    para(4, 32767, 32767, 32767, 0, 0, -32768, 0),
    curv(65535),
    curv(65535, 0, 65535, 0),
  ])
    for (const columns of [
      COLORANTS.p3,
      [
        [32767, -32768, 0],
        [0, 0, 0],
        [-32768, 32767, 32767],
      ] as Columns,
    ]) {
      convert(rgbProfile(columns, curve), GRID);
      convert(rgbProfile(columns, curve), noise16(300));
    }
});

test.run();
