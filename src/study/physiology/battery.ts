// What every unit of a tap is asked with: series of drawings, each a grid over its axes. Lengths follow the field
// that the tap sees, so that a first layer is asked with small drawings and a late one with large ones.
import type { CoreMath } from '../../core/math.js';
import { BLACK, type Drawing, hueColour, type Pattern, WHITE } from '../../images/drawings.js';
import type { Stimulus } from '../../images/stimuli.js';

export type SeriesName =
  | 'curve'
  | 'line'
  | 'edge'
  | 'ramp'
  | 'angle'
  | 'obtuse'
  | 'corner'
  | 'grating'
  | 'disc'
  | 'split'
  | 'noise'
  | 'fur'
  | 'plaid'
  | 'dots'
  | 'grey'
  | 'hue'
  | 'colourCurve'
  | 'colourEdge'
  | 'colourGrating'
  | 'colourDisc'
  | 'colourNoise';

export interface Axis {
  /** `...Deg` in degrees; radius, wavelength, softness, spacing in pixels; `light`: 0 ink is black, 1 white. */
  name: string;
  values: readonly number[];
  /** Where exactly the drawing lies: a unit is known by its largest response along it. Such axes are a series' last ones. */
  place?: true;
}

export interface Series {
  name: SeriesName;
  axes: readonly Axis[];
  /** Of all combinations, the last axis fastest. */
  drawings: readonly Drawing[];
}

/** Orientations over the circle of a battery; lines and gratings have as many over half of it. */
export const ORIENTATIONS = { least: 16, most: 72, multiple: 4 } as const;

/** `field`: side of what the tap sees, pixels; `orientations`: a multiple of four. */
export function battery(math: CoreMath, field: number, orientations: number): Series[] {
  const b = new Builder(math, field);
  const around = turns(360, orientations);
  const half = turns(180, orientations / 2);
  const few = turns(180, Math.max(4, orientations / 4));
  return [
    ...lineDrawings(b, around, half),
    ...surfaces(b, around, half),
    ...textures(b, around, half, few),
    ...colours(b, around, few),
  ];
}

/** `count` directions, evenly over `of` degrees. */
const turns = (of: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (of * i) / count);

const HUES = turns(360, 12);
/** Every pair of opposite hues once. */
const PAIRS = turns(180, 6);
const LIGHT: Axis = { name: 'light', values: [0, 1] };

class Builder {
  constructor(
    readonly math: CoreMath,
    readonly field: number,
  ) {}

  /** Shares of the field in pixels, `least` at least, to half a pixel; equal ones once. */
  lengths(shares: readonly number[], least: number): number[] {
    const all = shares.map((share) => Math.max(least, Math.round(2 * share * this.field) / 2));
    return [...new Set(all)].sort((a, b) => a - b);
  }

  /** Width of thin lines. */
  get thin(): number {
    return 2;
  }

  places(shares: readonly number[]): Axis {
    return { name: 'offset', values: shares.map((share) => share * this.field), place: true };
  }

  /** One drawing of each combination of the axes' values. */
  series(name: SeriesName, axes: readonly Axis[], drawing: (values: Values) => Drawing): Series {
    const drawings: Drawing[] = [];
    const walk = (chosen: Values, rest: readonly Axis[]): void => {
      if (!rest.length) drawings.push(drawing(chosen));
      else for (const v of rest[0].values) walk({ ...chosen, [rest[0].name]: v }, rest.slice(1));
    };
    walk({}, axes);
    return { name, axes, drawings };
  }
}

type Values = Readonly<Record<string, number>>;

const inked = (pattern: Pattern, light: number): Drawing =>
  light ? { pattern, ink: WHITE, ground: BLACK } : { pattern, ink: BLACK, ground: WHITE };

/** A hue on its opposite. */
const coloured = (math: CoreMath, pattern: Pattern, hueDeg: number): Drawing => ({
  pattern,
  ink: hueColour(math, hueDeg),
  ground: hueColour(math, hueDeg + 180),
});

const drawn = (stimulus: Stimulus, lineWidth: number, offset = 0): Pattern => ({
  ...{ kind: 'stimulus', stimulus, lineWidth, offset },
});

/** Ink around the middle. */
const disc = (radius: number, offset: number, orientationDeg: number): Pattern =>
  drawn({ kind: 'filled', orientationDeg, radius }, 0, radius + offset);

function lineDrawings(b: Builder, around: readonly number[], half: readonly number[]): Series[] {
  const orientation: Axis = { name: 'orientationDeg', values: around };
  const near = b.places([-1 / 12, 0, 1 / 12]);
  return [
    b.series(
      'curve',
      [orientation, { name: 'radius', values: b.lengths([0.12, 0.2, 0.33, 0.5, 0.8], 2) }, LIGHT, near],
      ({ orientationDeg, radius, light, offset }) =>
        inked(drawn({ kind: 'curve', orientationDeg, radius }, b.thin, offset), light),
    ),
    b.series(
      'line',
      [
        { name: 'orientationDeg', values: half },
        { name: 'width', values: b.lengths([0.02, 0.1], b.thin) },
        LIGHT,
        b.places([-1 / 6, -1 / 12, 0, 1 / 12, 1 / 6]),
      ],
      ({ orientationDeg, width, light, offset }) =>
        inked(drawn({ kind: 'line', orientationDeg }, width, offset), light),
    ),
    ...(
      [
        ['angle', [45, 60, 90]],
        // Nearly arcs: they tell no angle from a curve.
        ['obtuse', [120, 150]],
      ] as const
    ).map(([name, values]) =>
      b.series(
        name,
        [orientation, { name: 'openingDeg', values }, LIGHT, near],
        ({ orientationDeg, openingDeg, light, offset }) =>
          inked(drawn({ kind: 'angle', orientationDeg, openingDeg }, b.thin, offset), light),
      ),
    ),
    b.series(
      'corner',
      [orientation, { name: 'radius', values: [0, ...b.lengths([0.08, 0.16, 0.33, 0.5], 1)] }],
      ({ orientationDeg, radius }) =>
        inked(drawn({ kind: 'angle', orientationDeg, openingDeg: 90, radius }, b.thin), 0),
    ),
  ];
}

function surfaces(b: Builder, around: readonly number[], half: readonly number[]): Series[] {
  const aside = b.places([-1 / 8, 0, 1 / 8]);
  return [
    b.series('edge', [{ name: 'orientationDeg', values: around }, aside], ({ orientationDeg, offset }) =>
      inked({ kind: 'ramp', orientationDeg, width: 1, offset }, 0),
    ),
    b.series(
      'ramp',
      [
        { name: 'orientationDeg', values: around },
        { name: 'softness', values: b.lengths([0.5, 1], 3) },
        aside,
      ],
      ({ orientationDeg, softness, offset }) =>
        inked({ kind: 'ramp', orientationDeg, width: softness, offset }, 0),
    ),
    b.series(
      'grating',
      [
        { name: 'orientationDeg', values: half },
        { name: 'wavelength', values: wavelengths(b.field) },
        { name: 'phaseDeg', values: turns(360, 8), place: true },
      ],
      (values) => inked({ kind: 'grating', ...(values as WaveValues) }, 0),
    ),
    b.series('disc', [discRadii(b), LIGHT, ...discPlaces(b)], ({ radius, light, offset, towardsDeg }) =>
      inked(disc(radius, offset, towardsDeg), light),
    ),
    b.series('grey', [{ name: 'level', values: [0, 0.25, 0.5, 0.75, 1] }], ({ level }) => {
      const v = 255 * level;
      return { pattern: { kind: 'plain' }, ink: [v, v, v], ground: WHITE };
    }),
  ];
}

interface WaveValues extends Values {
  orientationDeg: number;
  wavelength: number;
  phaseDeg: number;
}

/** From 3 pixels to the field and beyond, in steps that leave no grating between them unanswered. */
function wavelengths(field: number): number[] {
  const step = field < 24 ? 1.4 : 1.6;
  const all = [3];
  while (all[all.length - 1] < Math.max(8, field)) all.push(step * all[all.length - 1]);
  return all.map((v) => Math.round(10 * v) / 10);
}

const discRadii = (b: Builder): Axis => ({
  name: 'radius',
  values: b.lengths([0.05, 0.1, 0.17, 0.25, 0.35], 1),
});

const discPlaces = (b: Builder): Axis[] => [
  { name: 'offset', values: [0, b.field / 10], place: true },
  { name: 'towardsDeg', values: turns(360, 4), place: true },
];

/** Fine to coarse. */
const grains = (b: Builder): Axis => ({
  name: 'wavelength',
  values: b.lengths([0.05, 0.1, 0.2, 0.4], 2.5),
});

const seeds = (n: number): Axis => ({ name: 'seed', values: turns(n, n), place: true });

function textures(
  b: Builder,
  around: readonly number[],
  half: readonly number[],
  few: readonly number[],
): Series[] {
  return [
    b.series(
      'split',
      [
        { name: 'orientationDeg', values: around },
        { name: 'fine', values: b.lengths([0.05, 0.1, 0.2], 2.5) },
        seeds(2),
      ],
      ({ orientationDeg, fine, seed }) =>
        inked({ kind: 'split', orientationDeg, fine, coarse: Math.max(4 * fine, b.field / 2), seed }, 0),
    ),
    b.series('noise', [grains(b), seeds(4)], ({ wavelength, seed }) =>
      inked({ kind: 'noise', wavelength, seed, orientationDeg: 0, spreadDeg: 90 }, 0),
    ),
    b.series(
      'fur',
      [{ name: 'orientationDeg', values: half }, grains(b), seeds(2)],
      ({ orientationDeg, wavelength, seed }) =>
        inked({ kind: 'noise', wavelength, seed, orientationDeg, spreadDeg: 20 }, 0),
    ),
    b.series(
      'plaid',
      [
        { name: 'orientationDeg', values: few.map((deg) => deg / 2) },
        grains(b),
        { name: 'phaseDeg', values: [0, 180], place: true },
      ],
      (values) => inked({ kind: 'plaid', ...(values as WaveValues) }, 0),
    ),
    b.series(
      'dots',
      [
        { name: 'spacing', values: b.lengths([0.08, 0.15, 0.25], 3) },
        LIGHT,
        { name: 'shift', values: [0, 0.5], place: true },
      ],
      ({ spacing, light, shift }) => inked({ kind: 'dots', spacing, shift }, light),
    ),
  ];
}

function colours(b: Builder, around: readonly number[], few: readonly number[]): Series[] {
  const { math } = b;
  const hue: Axis = { name: 'hueDeg', values: HUES };
  const pair: Axis = { name: 'hueDeg', values: PAIRS };
  return [
    b.series('hue', [hue], ({ hueDeg }) => ({
      ...{ pattern: { kind: 'plain' } as const, ink: hueColour(math, hueDeg), ground: WHITE },
    })),
    b.series(
      'colourCurve',
      [
        { name: 'orientationDeg', values: around },
        { name: 'hueDeg', values: turns(360, 6) },
      ],
      ({ orientationDeg, hueDeg }) =>
        coloured(
          math,
          drawn({ kind: 'curve', orientationDeg, radius: Math.max(2, b.field / 3) }, b.thin),
          hueDeg,
        ),
    ),
    b.series(
      'colourEdge',
      [
        { name: 'orientationDeg', values: around.filter((_, i) => i % 2 === 0) },
        pair,
        b.places([-1 / 8, 0, 1 / 8]),
      ],
      ({ orientationDeg, hueDeg, offset }) =>
        coloured(math, { kind: 'ramp', orientationDeg, width: 1, offset }, hueDeg),
    ),
    b.series(
      'colourGrating',
      [
        { name: 'orientationDeg', values: few },
        pair,
        { name: 'wavelength', values: b.lengths([0.25, 0.6, 1.2], 4) },
        { name: 'phaseDeg', values: turns(360, 4), place: true },
      ],
      ({ orientationDeg, hueDeg, wavelength, phaseDeg }) =>
        coloured(math, { kind: 'grating', orientationDeg, wavelength, phaseDeg }, hueDeg),
    ),
    b.series(
      'colourDisc',
      [discRadii(b), hue, { name: 'offset', values: [0], place: true }],
      ({ radius, hueDeg, offset }) => coloured(math, disc(radius, offset, 0), hueDeg),
    ),
    b.series('colourNoise', [pair, grains(b), seeds(2)], ({ hueDeg, wavelength, seed }) =>
      coloured(math, { kind: 'noise', wavelength, seed, orientationDeg: 0, spreadDeg: 90 }, hueDeg),
    ),
  ];
}
