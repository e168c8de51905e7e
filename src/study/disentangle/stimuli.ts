// Drawn curves as entities: every attribute is drawn by itself, and what is no attribute, and what is within a class,
// varies (METHODS 5.4, 8).
import { UsageError, unknownName } from '../../core/errors.js';
import type { CoreMath } from '../../core/math.js';
import { Rng } from '../../core/random.js';
import { drawStimulus } from '../../images/stimuli.js';
import type { Attribute } from './types.js';

export interface CurvePicture {
  orientationDeg: number;
  /** Of the arc, in pixels. */
  radius: number;
  lineWidth: number;
  /** Of the apex from the middle of the read unit's field, in pixels. */
  offsetX: number;
  offsetY: number;
  /** RGB, 0..255. */
  ink: readonly number[];
  ground: readonly number[];
}

const ORIENTATIONS = 8;
const RADII = [12, 26, 60];
const WIDTHS = [1.5, 4];
/** Pixels between neighbouring places, along both axes from the middle. */
const AWAY = 8;
const PLACES = [
  [-1, -1],
  [1, -1],
  [-1, 1],
  [1, 1],
];
const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
const INKS = [
  [220, 40, 40],
  [30, 160, 60],
  [50, 80, 230],
];

/** Names of the values of each attribute, and those that are taken unless others are named. */
export const VISION_ATTRIBUTES = {
  orientation: Array.from({ length: ORIENTATIONS }, (_, i) => `${(360 * i) / ORIENTATIONS} deg`),
  curvature: RADII.map((radius) => `radius ${radius}`),
  polarity: ['dark on light', 'light on dark'],
  width: WIDTHS.map((width) => `${width} px`),
  position: ['upper left', 'upper right', 'lower left', 'lower right'],
  colour: ['red', 'green', 'blue'],
} as const satisfies Record<string, readonly string[]>;

export const USUAL_ATTRIBUTES = ['orientation', 'curvature', 'polarity'];

type Name = keyof typeof VISION_ATTRIBUTES;

const STREAM = 64;

/** UsageError: an attribute that `what` do not have, or that is named twice. */
export function checkVisionAttributes<N extends string>(
  names: readonly string[],
  known: Readonly<Record<N, unknown>>,
  what: string,
): N[] {
  for (const [i, name] of names.entries()) {
    if (!Object.hasOwn(known, name)) throw unknownName(`attribute of ${what}`, name, Object.keys(known));
    if (names.indexOf(name) < i) throw new UsageError(`attribute '${name}' is named twice`);
  }
  return names as N[];
}

/** `count` curves; those of `names` are told apart, the others are as they are usually drawn. */
export function curvePictures(
  names: readonly Name[],
  count: number,
  seed: number,
): { pictures: CurvePicture[]; attributes: Attribute[] } {
  const rng = new Rng(seed, STREAM);
  const labels = Object.fromEntries(names.map((name) => [name, new Int32Array(count)]));
  const pictures = Array.from({ length: count }, (_, i): CurvePicture => {
    const value = (name: Name, otherwise: number): number => {
      const drawn = rng.below(VISION_ATTRIBUTES[name].length);
      if (!labels[name]) return otherwise;
      labels[name][i] = drawn;
      return drawn;
    };
    const vary = (by: number): number => by * (2 * rng.uniform() - 1);
    const orientation = value('orientation', rng.below(ORIENTATIONS));
    const radius = RADII[value('curvature', 1)];
    const light = value('polarity', 0) === 1;
    const width = WIDTHS[value('width', 0)];
    const place = value('position', -1);
    const colour = value('colour', -1);
    const [x, y] = place < 0 ? [0, 0] : PLACES[place];
    return {
      orientationDeg: (360 * orientation) / ORIENTATIONS + vary(15),
      radius: radius * (1 + vary(0.15)),
      lineWidth: width * (1 + vary(0.15)),
      offsetX: AWAY * x + vary(2),
      offsetY: AWAY * y + vary(2),
      ink: colour < 0 ? (light ? WHITE : BLACK) : INKS[colour],
      ground: light ? BLACK : WHITE,
    };
  });
  const attributes = names.map((name) => ({
    ...{ name, classes: [...VISION_ATTRIBUTES[name]], labels: labels[name] },
  }));
  return { pictures, attributes };
}

/** RGB, [size][size][3], its apex about the pixel (apex, apex). */
export function drawCurve(math: CoreMath, picture: CurvePicture, size: number, apex: number): Float32Array {
  const { orientationDeg, radius, lineWidth, offsetX, offsetY, ink, ground } = picture;
  const grey = drawStimulus(
    math,
    { kind: 'curve', orientationDeg, radius },
    { size, lineWidth, apexX: apex + offsetX, apexY: apex + offsetY },
  );
  const out = new Float32Array(3 * grey.length);
  for (let i = 0; i < grey.length; i++) {
    const share = grey[i] / 255;
    for (let c = 0; c < 3; c++) out[3 * i + c] = ink[c] + share * (ground[c] - ink[c]);
  }
  return out;
}
