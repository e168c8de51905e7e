// Synthetic stimuli (METHODS 5.4). Angles: direction from the arc's centre of curvature
// to its apex, image coordinates (y down), clockwise on screen: 0 is `)`, 90 a `U`,
// 180 `(`, 270 an arch.
//
// A line of width w is drawn from its exact distance d: darkness = clamp(w/2 + 1/2 - d),
// the area that a one-pixel box would see of a straight edge. Deterministic: no jitter.
import type { CoreMath } from '../core/math.js';

export interface StimulusGeometry {
  /** Side of the picture in pixels. */
  size: number;
  /** Pixel on which the apex (or the middle of a line) lies. */
  apexX: number;
  apexY: number;
  lineWidth: number;
}

export type Stimulus =
  | { kind: 'curve'; orientationDeg: number; radius: number }
  /** Black disc of that radius: the filled curve of the article. */
  | { kind: 'filled'; orientationDeg: number; radius: number }
  /** Straight line; orientation is its normal, so that a line is a curve of infinite radius. */
  | { kind: 'line'; orientationDeg: number }
  /** Half plane: dark on the inner side. */
  | { kind: 'edge'; orientationDeg: number }
  /**
   * Two straight segments that meet at the apex, `openingDeg` apart, symmetric about the inner normal. `radius`: of the
   * arc that rounds the corner, whose apex then is there; 0 unless given. The larger, the more it is a curve.
   */
  | { kind: 'angle'; orientationDeg: number; openingDeg: number; radius?: number };

/** Distance to the ink, negative or zero inside filled shapes, in pixels. */
function inkDistance(
  stimulus: Stimulus,
  math: CoreMath,
): { distance: (x: number, y: number) => number; filled: boolean } {
  const phi = (stimulus.orientationDeg * Math.PI) / 180;
  const nx = math.cos(phi);
  const ny = math.sin(phi);
  switch (stimulus.kind) {
    case 'curve':
    case 'filled': {
      const r = stimulus.radius;
      const filled = stimulus.kind === 'filled';
      // Coordinates are relative to the apex; the centre lies r behind it.
      return {
        filled,
        distance: (x, y) => {
          const dx = x + r * nx;
          const dy = y + r * ny;
          const d = Math.sqrt(dx * dx + dy * dy) - r;
          return filled ? d : Math.abs(d);
        },
      };
    }
    case 'line':
      return { filled: false, distance: (x, y) => Math.abs(x * nx + y * ny) };
    case 'edge':
      return { filled: true, distance: (x, y) => x * nx + y * ny };
    case 'angle': {
      const half = (stimulus.openingDeg * Math.PI) / 360;
      const [c, s] = [math.cos(half), math.sin(half)];
      const { radius: r = 0 } = stimulus;
      // In the frame of the inner normal, from where the arms would meet, they point to (c, +-s); they touch the arc at
      // `touch`, and its centre is at (centre, 0).
      const centre = r / s;
      const touch = r && (r * c) / s;
      const behind = centre - r;
      return {
        filled: false,
        distance: (x, y) => {
          const u = behind - (x * nx + y * ny);
          const v = Math.abs(x * ny - y * nx);
          if (u * c + v * s > touch) return Math.abs(v * c - u * s);
          const d = Math.sqrt((u - centre) * (u - centre) + v * v) - r;
          return Math.abs(d);
        },
      };
    }
  }
}

/** Grey, 0 (ink) .. 255 (ground), [size][size]; written to `out`, as long as that, where it is given. */
export function drawStimulus(
  math: CoreMath,
  stimulus: Stimulus,
  geometry: StimulusGeometry,
  out: Float32Array = new Float32Array(geometry.size * geometry.size),
): Float32Array {
  const { size, apexX, apexY, lineWidth } = geometry;
  const { distance, filled } = inkDistance(stimulus, math);
  const reach = (filled ? 0 : lineWidth / 2) + 0.5;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const ink = reach - distance(x - apexX, y - apexY);
      out[y * size + x] = ink <= 0 ? 255 : ink >= 1 ? 0 : 255 * (1 - ink);
    }
  return out;
}

/** Grey -> RGB, [size][size][3]; written to `out`, as long as that, where it is given. */
export function greyToRgb(
  grey: Float32Array,
  out: Float32Array = new Float32Array(grey.length * 3),
): Float32Array {
  for (let i = 0, to = 0; i < grey.length; i++, to += 3) out[to] = out[to + 1] = out[to + 2] = grey[i];
  return out;
}
