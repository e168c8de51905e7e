// The panels of a physiology sheet: each a few lines over one axis, or a map over two, of one read-out.
import type { Series, SeriesName } from './battery.js';
import { Grid } from './grid.js';

export type PanelName =
  | 'curves'
  | 'lines'
  | 'edges'
  | 'angles'
  | 'gratingOrientation'
  | 'gratingFrequency'
  | 'gratingPhase'
  | 'hues'
  | 'colourEdges'
  | 'contrast'
  | 'spots'
  | 'textures'
  | 'highLow'
  | 'curvature'
  | 'curveToAngle';

/** What a panel is over. */
export interface PanelAxes {
  x: { name: string; values: readonly number[] };
  /** Of a map, its rows; a radius of Infinity is a straight line, of 0 a sharp corner. */
  y?: { name: string; values: readonly number[] };
  lines: readonly string[];
}

/** Values of each line, or of each row of a map. */
export type PanelValues = readonly Float32Array[];

export interface Panel {
  name: PanelName;
  axes: PanelAxes;
  values: PanelValues;
}

/** Reads a read-out's responses by series. */
export type GridOf = (name: SeriesName) => Grid;

export function gridsOf(all: readonly Series[], values: Float32Array, u: number, count: number): GridOf {
  const starts = new Map<SeriesName, { series: Series; from: number }>();
  let from = 0;
  for (const series of all) {
    starts.set(series.name, { series, from });
    from += series.drawings.length;
  }
  return (name) => {
    const { series, from: first } = starts.get(name)!;
    return Grid.of(series, values.subarray(first * count), u, count);
  };
}

/** Of a series' places the middle one. */
const MIDDLE = 1;

export function panelsOf(grid: GridOf): Panel[] {
  const charts: [PanelName, Record<string, Grid>][] = [
    ['curves', byLight(radialCurves(grid))],
    ['lines', byLight(lines(grid))],
    ['edges', { sharp: grid('edge').anywhere(), soft: grid('ramp').anywhere().through('orientationDeg') }],
    ['angles', angles(grid)],
    ...gratings(grid('grating')),
    ['hues', { field: grid('hue'), spot: grid('colourDisc').anywhere().largest('radius') }],
    ['colourEdges', { 'opposite hues': grid('colourEdge').anywhere().through('orientationDeg') }],
    ['contrast', contrast(grid)],
    ['spots', byLight(grid('disc').anywhere())],
    [
      'textures',
      {
        noise: grid('noise').anywhere(),
        oriented: grid('fur').anywhere().largest('orientationDeg'),
        plaid: grid('plaid').anywhere().largest('orientationDeg'),
      },
    ],
    ['highLow', { 'fine within, coarse without': grid('split').anywhere().through('orientationDeg') }],
  ];
  return [
    ...charts.map(([name, of]) => linePanel(name, of)),
    curvature(grid),
    mapPanel('curveToAngle', grid('corner'), 'radius'),
  ];
}

function linePanel(name: PanelName, of: Record<string, Grid>): Panel {
  const [x] = Object.values(of)[0].axes;
  return {
    name,
    axes: { x: { name: x.name, values: x.values }, lines: Object.keys(of) },
    values: Object.values(of).map(({ values }) => values),
  };
}

function mapPanel(name: PanelName, grid: Grid, rows: string): Panel {
  const y = grid.axes.find((a) => a.name === rows)!;
  const [x] = grid.axes.filter((a) => a !== y);
  return {
    name,
    axes: { x: { name: x.name, values: x.values }, y: { name: y.name, values: y.values }, lines: [] },
    values: y.values.map((_, i) => grid.at(rows, i).values),
  };
}

/** Arcs through the middle, black on white: the joint tuning of the curve study. */
const arcs = (grid: GridOf): Grid => grid('curve').at('offset', MIDDLE);

/** R(phi), the mean over radii (METHODS 5.2), by contrast. */
const radialCurves = (grid: GridOf): Grid => arcs(grid).mean('radius');

/** At the width that answers most. */
function lines(grid: GridOf): Grid {
  const all = grid('line').anywhere();
  return all.at('width', all.best().width);
}

const byLight = (grid: Grid): Record<string, Grid> => ({
  'black on white': grid.at('light', 0),
  'white on black': grid.at('light', 1),
});

function angles(grid: GridOf): Record<string, Grid> {
  const of = (name: SeriesName): [string, Grid][] => {
    const all = grid(name).anywhere().largest('light');
    const openings = all.axes.find((a) => a.name === 'openingDeg')!.values;
    return openings.map((deg, i) => [`${deg}°`, all.at('openingDeg', i)]);
  };
  return Object.fromEntries([...of('angle'), ...of('obtuse')]);
}

/** Along each axis through the strongest grating. */
function gratings(all: Grid): [PanelName, Record<string, Grid>][] {
  const one = (axis: string) => ({ grating: all.through(axis) });
  return [
    ['gratingOrientation', one('orientationDeg')],
    ['gratingFrequency', one('wavelength')],
    ['gratingPhase', one('phaseDeg')],
  ];
}

/** The arc of middle curvature at its best, in black, white and every hue on its opposite. */
function contrast(grid: GridOf): Record<string, Grid> {
  const hues = grid('colourCurve').largest('orientationDeg');
  const plain = arcs(grid).largest('orientationDeg').at('radius', 2);
  const values = [...plain.values, ...hues.values];
  const axis = { name: 'ink', values: [BLACK_INK, WHITE_INK, ...hues.axes[0].values] };
  return { arc: new Grid([axis], Float32Array.from(values)) };
}

/** Stand where a hue does. */
export const BLACK_INK = -2;
export const WHITE_INK = -1;

/** Radius by orientation, with straight lines as arcs of no curvature. */
function curvature(grid: GridOf): Panel {
  const panel = mapPanel('curvature', arcs(grid).at('light', 0), 'radius');
  const line = grid('line').at('light', 0).at('width', 0);
  const middle = line.axes.find((a) => a.name === 'offset')!.values.length >> 1;
  const straight = line.at('offset', middle).values;
  const n = panel.axes.x.values.length;
  return {
    ...panel,
    axes: {
      ...panel.axes,
      y: { name: 'radius', values: [...panel.axes.y!.values, Number.POSITIVE_INFINITY] },
    },
    values: [...panel.values, Float32Array.from({ length: n }, (_, i) => straight[i % straight.length])],
  };
}
