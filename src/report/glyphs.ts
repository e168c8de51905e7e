// Letters of 5 x 7 pixels for pictures that hold text: no font of the machine, the same pixels everywhere. Each glyph is
// rows of five bits, the leftmost the highest: seven, or nine where it hangs below the line.
export const GLYPH_WIDTH = 5;

const GLYPHS: Record<string, string> = {
  ' ': '00000000000000',
  '0': '0e11131519110e',
  '1': '040c040404040e',
  '2': '0e11010204081f',
  '3': '1f02040201110e',
  '4': '02060a121f0202',
  '5': '1f101e0101110e',
  '6': '0608101e11110e',
  '7': '1f010204080808',
  '8': '0e11110e11110e',
  '9': '0e11110f01020c',
  a: '00000e010f110f',
  b: '1010161911111e',
  c: '00000e1010110e',
  d: '01010d1311110f',
  e: '00000e111f100e',
  f: '0609081c080808',
  g: '00000f1111110f010e',
  h: '10101619111111',
  i: '04000c0404040e',
  j: '02000602020202120c',
  k: '10101214181412',
  l: '0c04040404040e',
  m: '00001a15151111',
  n: '00001619111111',
  o: '00000e1111110e',
  p: '00001e1111111e1010',
  q: '00000f1111110f0101',
  r: '00001619101010',
  s: '00000e100e011e',
  t: '08081c08080906',
  u: '0000111111130d',
  v: '00001111110a04',
  w: '0000111115150a',
  x: '0000110a040a11',
  y: '0000111111110f010e',
  z: '00001f0204081f',
  '.': '00000000000c0c',
  ',': '00000000000c0c0408',
  ':': '000c0c000c0c00',
  '-': '0000001f000000',
  '+': '0004041f040400',
  _: '00000000000000001f',
  '%': '18190204081303',
  '/': '00010204081000',
  '(': '02040808080402',
  ')': '08040202020408',
  '*': '00150e1f0e1500',
  '=': '00001f001f0000',
  '#': '0a0a1f0a1f0a0a',
};

/** What has no letter here. */
const UNKNOWN = '1f11111111111f';

/** Rows of a line of text. */
export const LINE_HEIGHT = 9;

/** Whether the pixel of a letter is set, of LINE_HEIGHT rows; capitals are written small. */
export function isInk(letter: string, x: number, y: number): boolean {
  const own = letter.toLowerCase();
  const rows = Object.hasOwn(GLYPHS, own) ? GLYPHS[own] : UNKNOWN;
  const row = Number.parseInt(rows.slice(2 * y, 2 * y + 2) || '0', 16);
  return ((row >> (GLYPH_WIDTH - 1 - x)) & 1) === 1;
}
