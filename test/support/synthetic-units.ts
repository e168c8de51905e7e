// Units whose family is known, because they are made by hand from filters on pixels. They answer to pictures of
// SIZE x SIZE pixels, their field, without a network.

import type { Engine } from '../../src/core/engine.js';
import type { CoreMath } from '../../src/core/math.js';
import { Rng } from '../../src/core/random.js';
import { BLACK, type Drawing, draw, hueColour, type Pattern, WHITE } from '../../src/images/drawings.js';
import type { Family } from '../../src/study/taxonomy/rule.js';
import { Products } from '../../src/vectors/products.js';

export const FIELD = 45;
const MIDDLE = 22;
const PIXELS = FIELD * FIELD;

/** Its value from what its filters say: filters are [3 PIXELS] each, of pictures as (v - 127.5) / 127.5. */
export interface SyntheticUnit {
  family: Family;
  name: string;
  filters: Float32Array[];
  value: (products: ArrayLike<number>) => number;
  /** What counts as its 99.9th percentile. */
  percentile: number;
}

/** Answer of a spot, by its area, that counts as rough. */
const ROUGH = 1.5;
/** Of a spot's contrast, from which on it answers no more. */
const CAP = 0.4;

const relu = (v: number) => Math.max(0, v);

/** A filter as a function of the place, grey unless a colour is given. */
function filter(f: (x: number, y: number) => number, colour: readonly number[] = [1 / 3, 1 / 3, 1 / 3]) {
  const out = new Float32Array(3 * PIXELS);
  for (let i = 0; i < PIXELS; i++) {
    const v = f((i % FIELD) - MIDDLE, Math.floor(i / FIELD) - MIDDLE);
    for (let c = 0; c < 3; c++) out[3 * i + c] = v * colour[c];
  }
  return out;
}

/** Of mean 0 over its window, so that plain grey says nothing to it. */
function balanced(f: (x: number, y: number) => number, window: (x: number, y: number) => number) {
  let [a, b] = [0, 0];
  for (let y = -MIDDLE; y <= MIDDLE; y++)
    for (let x = -MIDDLE; x <= MIDDLE; x++) {
      a += f(x, y) * window(x, y);
      b += window(x, y);
    }
  return (x: number, y: number) => window(x, y) * (f(x, y) - a / b);
}

/** One filter and a rectifier: half of what it can reach at all counts as its percentile. */
function linear(family: Family, name: string, f: Float32Array): SyntheticUnit {
  const reach = f.reduce((sum, v) => sum + Math.abs(v), 0);
  return {
    family,
    name,
    filters: [f],
    value: ([v]: ArrayLike<number> & Iterable<number>) => relu(v),
    percentile: reach / 2,
  } as SyntheticUnit;
}

export function syntheticUnits(math: CoreMath, seed: number, each: number): SyntheticUnit[] {
  const rng = new Rng(seed);
  const between = (a: number, b: number) => a + (b - a) * rng.uniform();
  const gauss = (r2: number, sigma: number) => math.exp(-r2 / (2 * sigma * sigma));
  const round = (sigma: number) => (x: number, y: number) => gauss(x * x + y * y, sigma);
  const turned = (deg: number) => {
    const [c, s] = [math.cos((deg * Math.PI) / 180), math.sin((deg * Math.PI) / 180)];
    return (x: number, y: number) => [x * c + y * s, y * c - x * s] as const;
  };
  /** Dark in the middle, light beside it: a line's cross-section. */
  const ridge = (d: number, w: number) => -(1 - (d * d) / (w * w)) * gauss(d * d, w);
  const hue = (deg: number) => hueColour(math, deg).map((v) => (v - 127.5) / 127.5 / 3);
  const sign = () => (rng.uniform() < 0.5 ? -1 : 1);

  /** Answers beyond two fifths of what its own drawing gives. */
  const template = (family: Family, name: string, pattern: Pattern, f: Float32Array): SyntheticUnit => {
    const own = dot(f, pixels(draw(math, { pattern, ink: BLACK, ground: WHITE }, GEOMETRY)));
    return { family, name, filters: [f], value: (p) => relu(p[0] - 0.4 * own), percentile: 0.6 * own };
  };

  const makers: Record<Family, (i: number) => SyntheticUnit> = {
    Gabor(i) {
      const wavelength = between(5, 12);
      const to = turned(between(0, 180));
      const window = round(between(0.6, 0.9) * wavelength);
      const phase = between(0, 2 * Math.PI);
      const wave = (shift: number) =>
        filter(
          balanced((x, y) => math.cos((2 * Math.PI * to(x, y)[0]) / wavelength + phase + shift), window),
        );
      if (i % 2) return linear('Gabor', 'simple', wave(0));
      const [even, odd] = [wave(0), wave(Math.PI / 2)];
      const reach = even.reduce((sum, v) => sum + Math.abs(v), 0);
      return {
        ...{ family: 'Gabor', name: 'complex', filters: [even, odd], percentile: reach / 2 },
        value: (p) => Math.sqrt(p[0] * p[0] + p[1] * p[1]),
      };
    },
    line(i) {
      const to = turned(between(0, 180));
      const w = between(1.2, 3);
      const s = sign();
      const long = (x: number, y: number) => gauss(to(x, y)[1] ** 2, 9) * gauss(to(x, y)[0] ** 2, 3 * w);
      if (i % 3 === 2)
        return linear(
          'line',
          'edge',
          filter((x, y) => s * to(x, y)[0] * gauss(to(x, y)[0] ** 2, 2) * gauss(to(x, y)[1] ** 2, 9)),
        );
      return linear('line', 'line', filter(balanced((x, y) => s * ridge(to(x, y)[0], w), long)));
    },
    curve() {
      const radius = between(8, 20);
      const to = turned(between(0, 360));
      const window = round(between(7, 10));
      const f = filter(
        balanced((x, y) => {
          const [u, v] = to(x, y);
          return ridge(Math.sqrt((u + radius) ** 2 + v * v) - radius, 2.2);
        }, window),
      );
      return { ...template('curve', 'arc', drawnAt('curve', to, radius), f) };
    },
    angle() {
      throw new Error('set below');
    },
    'colour contrast'(i) {
      const colour = hue(between(0, 360));
      const to = turned(between(0, 360));
      const sigma = between(4, 9);
      return i % 2
        ? linear(
            'colour contrast',
            'edge',
            filter((x, y) => (to(x, y)[0] / sigma) * gauss(x * x + y * y, sigma), colour),
          )
        : linear('colour contrast', 'colour', filter(round(sigma), colour));
    },
    'centre-surround'(i) {
      const sigma = between(2, 5);
      const s = sign();
      const dog = (x: number, y: number) =>
        s * (gauss(x * x + y * y, sigma) - gauss(x * x + y * y, 2 * sigma) / 4);
      return linear(
        'centre-surround',
        i % 2 ? 'grey' : 'colour',
        i % 2 ? filter(dog) : filter(dog, hue(between(0, 360))),
      );
    },
    'brightness gradient'() {
      const to = turned(between(0, 360));
      const sigma = between(8, 13);
      return linear(
        'brightness gradient',
        'ramp',
        filter((x, y) => (to(x, y)[0] / sigma) * gauss(x * x + y * y, sigma)),
      );
    },
    'high-low frequency'(i) {
      const to = turned(between(0, 360));
      const sigma = 0.7 + 0.4 * (i % 2);
      const { filters, at } = spots(math, sigma);
      const side = at.map(([x, y]) => Math.sign(Math.trunc(to(x, y)[0] / 2)));
      const half = side.filter((v) => v < 0).length / 2;
      // More than half of the inner side must be rough, as no line or arc makes it, and the outer side smooth.
      const value = (p: ArrayLike<number>) => {
        let rough = 0;
        for (const [k, v] of side.entries())
          rough -= v * Math.min(1, Math.abs(p[k]) / (ROUGH * sigma * sigma));
        return relu(rough - half);
      };
      return { family: 'high-low frequency', name: 'energy', filters, value, percentile: 10 };
    },
    texture(i) {
      const sigma = 1 + (i % 2) / 2;
      const { filters } = spots(math, sigma);
      const value = (p: ArrayLike<number>) => {
        let sum = 0;
        for (let i = 0; i < filters.length; i++) sum += Math.min(CAP * sigma, Math.abs(p[i]));
        return sum;
      };
      return {
        family: 'texture',
        name: 'energy',
        filters,
        value,
        percentile: ownNoise(math, filters, 4 * sigma, value),
      };
    },
    other(i) {
      if (i % 2) {
        const noise = filter((x, y) => 0 * x * y);
        for (let k = 0; k < noise.length; k++) noise[k] = rng.normal(math);
        return linear('other', 'noise', noise);
      }
      const to = turned(between(0, 360));
      const spot = filter((x, y) => {
        const [u, v] = to(x, y);
        const r = (u + 11) ** 2 + v * v;
        return -(gauss(r, 3) - gauss(r, 6) / 4);
      });
      const bar = filter(
        (x, y) => {
          const [u, v] = to(x, y);
          return -ridge(u - 11, 2) * gauss(v * v, 6) * gauss((u - 11) ** 2, 6);
        },
        hue(between(0, 360)),
      );
      const reach = (f: Float32Array) => f.reduce((sum, v) => sum + Math.abs(v), 0);
      const [a, b] = [reach(spot), reach(bar)];
      return {
        family: 'other',
        name: 'conjunction',
        filters: [spot, bar],
        value: (p) => relu(Math.min(p[0] / a, p[1] / b) - 0.2),
        percentile: 0.3,
      };
    },
  };
  makers.angle = () => {
    const deg = between(0, 360);
    const openingDeg = between(55, 110);
    const half = (openingDeg * Math.PI) / 360;
    const [c, s] = [math.cos(half), math.sin(half)];
    const to = turned(deg);
    const distance = (x: number, y: number) => {
      const [n, v] = to(x, y);
      const [u, w] = [-n, Math.abs(v)];
      return u * c + w * s > 0 ? Math.abs(w * c - u * s) : Math.sqrt(u * u + w * w);
    };
    const f = filter(balanced((x, y) => ridge(distance(x, y), 2.2), round(8)));
    return template(
      'angle',
      'corner',
      {
        kind: 'stimulus',
        stimulus: { kind: 'angle', orientationDeg: deg, openingDeg },
        lineWidth: 2,
        offset: 0,
      },
      f,
    );
  };
  return (Object.keys(makers) as Family[]).flatMap((family) =>
    Array.from({ length: each }, (_, i) => makers[family](i)),
  );

  function drawnAt(kind: 'curve', to: ReturnType<typeof turned>, radius: number): Pattern {
    // The direction whose first coordinate `to` gives.
    const orientationDeg = (math.atan2(to(0, 1)[0], to(1, 0)[0]) * 180) / Math.PI;
    return { kind: 'stimulus', stimulus: { kind, orientationDeg, radius }, lineWidth: 2, offset: 0 };
  }
}

const GEOMETRY = { size: FIELD, middle: MIDDLE };

const known = new Map<number, { filters: Float32Array[]; at: [number, number][] }>();

/** Small spots all over the field; the same filters for the same size. */
function spots(math: CoreMath, sigma: number) {
  const before = known.get(sigma);
  if (before) return before;
  const at: [number, number][] = [];
  for (let y = -16; y <= 16; y += 4) for (let x = -16; x <= 16; x += 4) at.push([x, y]);
  const gauss = (r2: number, s: number) => math.exp(-r2 / (2 * s * s));
  const filters = at.map(([cx, cy]) =>
    filter((x, y) => {
      const r = (x - cx) ** 2 + (y - cy) ** 2;
      return gauss(r, sigma) - gauss(r, 2 * sigma) / 4;
    }),
  );
  known.set(sigma, { filters, at });
  return { filters, at };
}

function ownNoise(
  math: CoreMath,
  filters: Float32Array[],
  wavelength: number,
  value: SyntheticUnit['value'],
): number {
  const picture: Drawing = {
    pattern: { kind: 'noise', wavelength, seed: 77, orientationDeg: 0, spreadDeg: 90 },
    ink: BLACK,
    ground: WHITE,
  };
  const p = pixels(draw(math, picture, GEOMETRY));
  const half = value(filters.map((f) => dot(f, p)));
  return half > 0 ? half : filters.length / 8;
}

const pixels = (rgb: Float32Array): Float32Array => rgb.map((v) => (v - 127.5) / 127.5);

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** What each unit answers to drawings, [drawings][units]: as a tap whose channels they are. */
export function syntheticResponses(
  engine: Engine,
  units: readonly SyntheticUnit[],
  drawings: readonly Drawing[],
): Float32Array {
  const all = [...new Set(units.flatMap(({ filters }) => filters))];
  const places = units.map(({ filters }) => filters.map((f) => all.indexOf(f)));
  const columns = new Float32Array(all.length * 3 * PIXELS);
  for (const [i, f] of all.entries()) columns.set(f, i * 3 * PIXELS);
  const out = new Float32Array(drawings.length * units.length);
  const core = engine.acquire();
  const ROWS = 16;
  try {
    const products = new Products(core, columns, 3 * PIXELS, ROWS);
    for (let first = 0; first < drawings.length; first += ROWS) {
      const some = drawings.slice(first, first + ROWS);
      const rows = new Float32Array(some.length * 3 * PIXELS);
      for (const [i, drawing] of some.entries())
        rows.set(pixels(draw(engine.math, drawing, GEOMETRY)), i * 3 * PIXELS);
      const p = products.of(rows);
      for (let i = 0; i < some.length; i++) {
        const row = p.subarray(i * all.length, (i + 1) * all.length);
        for (const [u, { value }] of units.entries())
          out[(first + i) * units.length + u] = value(places[u].map((at) => row[at]));
      }
    }
  } finally {
    core.dispose();
  }
  return out;
}
