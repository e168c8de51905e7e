// Flags of the curve study.
import { UsageError } from '../core/errors.js';
import { CURVE_DEFAULTS, type CurveOptions, checkCurveOptions } from '../study/curves/options.js';
import type { Flags, Values } from './flags.js';

export const CURVE_FLAGS = {
  radii: {
    kind: 'list',
    value: 'R,R,...',
    help: `radii of the curves in pixels (default ${CURVE_DEFAULTS.radii.join(',')})`,
  },
  'line-width': {
    kind: 'number',
    value: 'W',
    help: 'width of the curves in pixels',
    min: 0.1,
    default: CURVE_DEFAULTS.lineWidth,
  },
  orientations: {
    kind: 'integer',
    value: 'N',
    help: 'orientations measured; fewer than 720 are interpolated',
    min: 8,
    max: 720,
    default: CURVE_DEFAULTS.orientations,
  },
  pairing: {
    kind: 'choice',
    of: ['centred', 'lucid'],
    help: "apex on the read unit's receptive field, or on the picture's centre as in the published figures",
    default: CURVE_DEFAULTS.pairing,
  },
} as const satisfies Flags;

export function curveOptions(values: Values<typeof CURVE_FLAGS>): CurveOptions {
  const radii = values.radii?.map(Number) ?? CURVE_DEFAULTS.radii;
  if (radii.some(Number.isNaN))
    throw new UsageError(`--radii must be numbers of pixels, not '${values.radii?.join(',')}'`);
  return checkCurveOptions({
    radii,
    lineWidth: values['line-width'],
    orientations: values.orientations,
    pairing: values.pairing as CurveOptions['pairing'],
  });
}
