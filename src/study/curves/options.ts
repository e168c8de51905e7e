// Options of the curve study and their defaults, with the reasons.
import { UsageError } from '../../core/errors.js';

export interface CurveOptions {
  /** Radii of the arcs in pixels; a tuning curve is the mean over them. */
  radii: number[];
  /** Width of the line in pixels. */
  lineWidth: number;
  /** Number of orientations measured; fewer than 720 are interpolated to 720. */
  orientations: number;
  /**
   * centred: the apex lies on the centre of the read unit's receptive field.
   * lucid: unit shape//2 with the apex on pixel size//2, 7 pixels off, as the published figures.
   */
  pairing: 'centred' | 'lucid';
}

export const SAMPLES = 720; // half degrees, as in the published data

export const CURVE_DEFAULTS: CurveOptions = {
  // Calibrated on real curve units (docs/curves.md): below 20 an arc closes to a ring, above
  // 60 it is a line. The published icons have 30.
  radii: [20, 30, 40, 60],
  lineWidth: 2, // published icons (METHODS 5.4)
  orientations: SAMPLES,
  pairing: 'centred',
};

export function checkCurveOptions(o: CurveOptions): CurveOptions {
  if (
    !o.radii.length ||
    o.radii.length > 64 ||
    !o.radii.every((r) => Number.isFinite(r) && r > 0 && r <= 100_000)
  )
    throw new UsageError(`--radii must be 1 to 64 positive numbers of pixels, not '${o.radii.join(',')}'`);
  if (!(o.lineWidth > 0 && o.lineWidth <= 64))
    throw new UsageError(`--line-width must be above 0 and at most 64, not ${o.lineWidth}`);
  if (!Number.isInteger(o.orientations) || o.orientations < 8 || o.orientations > SAMPLES)
    throw new UsageError(`--orientations must be a whole number from 8 to ${SAMPLES}, not ${o.orientations}`);
  return o;
}
