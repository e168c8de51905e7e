// Lucid's random transforms (METHODS 6), in their order: 12 pixels of grey around; moved by 8; scaled by 0.9 to 1.1;
// turned by up to 10 degrees, often not at all; moved by 4. Composed into one affine map from a place of what the
// network sees to a place of the picture, so that the picture is interpolated once, where Lucid does twice.
// What the network sees has one size, that of scale 1: enlarged, the picture's edges are cut off; reduced,
// there is more grey around it. (Lucid hands the network another size at every scale.)
import type { CoreMath } from '../../core/math.js';
import type { Rng } from '../../core/random.js';

const PAD = 12;
const FIRST_JITTER = 8;
const LAST_JITTER = 4;
const SCALES = Array.from({ length: 11 }, (_, i) => 0.9 + (i * 2) / 100);
const ANGLES = [...Array.from({ length: 21 }, (_, i) => i - 10), 0, 0, 0, 0, 0];
/** As Lucid has it. */
const PI = 3.14;

/** x of the picture = a x + b y + c, y = d x + e y + f. */
export type Affine = [number, number, number, number, number, number];

/** Side of what the network sees of a picture. */
export const windowOf = (size: number): number => size + 2 * PAD - FIRST_JITTER - LAST_JITTER;

/** The picture in the middle, as it is. */
export function centred(size: number): Affine {
  const before = (windowOf(size) - size) / 2;
  return [1, 0, -before, 0, 1, -before];
}

export function randomAffine(math: CoreMath, rng: Rng, size: number): Affine {
  const moved = [rng.below(FIRST_JITTER + 1), rng.below(FIRST_JITTER + 1)];
  const scale = SCALES[rng.below(SCALES.length)];
  const angle = (ANGLES[rng.below(ANGLES.length)] * PI) / 180;
  const last = [rng.below(LAST_JITTER + 1), rng.below(LAST_JITTER + 1)];
  const side = size + 2 * PAD - FIRST_JITTER;
  const scaled = Math.floor(side * scale);
  const [c, s] = [math.cos(angle), math.sin(angle)];
  const middle = (scaled - 1) / 2;
  const cut = Math.floor((scaled - side) / 2);
  const back = side / scaled;
  // Of the place (x, y) that is seen: u = (x + last + cut - middle), turned, about the middle, scaled back, moved.
  const [ux, uy] = [last[0] + cut - middle, last[1] + cut - middle];
  return [
    back * c,
    -back * s,
    back * (c * ux - s * uy + middle) + moved[0] - PAD,
    back * s,
    back * c,
    back * (s * ux + c * uy + middle) + moved[1] - PAD,
  ];
}
