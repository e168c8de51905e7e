// Of each panel of a sheet, the drawing that a read-out answers to most strongly.
import type { Drawing } from '../../images/drawings.js';
import type { Series, SeriesName } from './battery.js';
import type { PanelName } from './sheet.js';

/** Series of each panel that a drawing stands for. */
const OF_PANEL: Record<PanelName, readonly SeriesName[]> = {
  curves: ['curve'],
  lines: ['line'],
  edges: ['edge', 'ramp'],
  angles: ['angle', 'obtuse'],
  gratingOrientation: ['grating'],
  gratingFrequency: ['grating'],
  gratingPhase: ['grating'],
  hues: ['hue', 'colourDisc'],
  colourEdges: ['colourEdge'],
  contrast: ['colourCurve'],
  spots: ['disc'],
  textures: ['noise', 'fur', 'plaid'],
  highLow: ['split'],
  curvature: ['curve'],
  curveToAngle: ['corner'],
};

/** Where [drawings][count] has the largest value of column `u`, of the given series; undefined where nothing answers. */
export function strongestOf(
  all: readonly Series[],
  names: readonly SeriesName[],
  { values, count }: { values: Float32Array; count: number },
  u: number,
): Drawing | undefined {
  let best: Drawing | undefined;
  let most = 0;
  let i = 0;
  for (const { name, drawings } of all)
    for (const drawing of drawings) {
      const v = values[i++ * count + u];
      if (v > most && names.includes(name)) {
        most = v;
        best = drawing;
      }
    }
  return best;
}

export const strongestDrawings = (
  all: readonly Series[],
  responses: { values: Float32Array; count: number },
  u: number,
): Map<PanelName, Drawing> =>
  new Map(
    (Object.keys(OF_PANEL) as PanelName[]).flatMap((panel) => {
      const drawing = strongestOf(all, OF_PANEL[panel], responses, u);
      return drawing ? [[panel, drawing] as const] : [];
    }),
  );
