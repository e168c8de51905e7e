// mixed3a and mixed3b of the embedded network: the path to the curves is set by hand, the
// other branches hold seeded combinations of what the layer below offers.
import type { CoreMath } from '../../src/core/math.js';
import type { Rng } from '../../src/core/random.js';
import { axial, Kernel, LINES, lineNormal } from './early.js';
import { planUnits, type UnitPlan } from './features.js';

const RAD = Math.PI / 180;
/** Brings a line of a thin black stroke back to about 20. */
const SHARPEN = 20;
/** Channels of conv2d2 that mixed3a reads: four groups of lines, textures, colours. */
const TEXTURES_AT = 4 * LINES;
const COLOURS_AT = 144;
/** Pixels between neighbouring positions of mixed3a and mixed3b. */
const STRIDE = 8;
/** Radii that the curve templates cover, in pixels. */
const RADII = [20, 30, 40, 60];

/** [24 lines, 24 textures, 16 colours]: lines against their neighbours in orientation. */
export function mixed3a1x1(math: CoreMath): Kernel {
  const k = new Kernel(64, 192, 1);
  for (let o = 0; o < LINES; o++)
    for (let i = 0; i < LINES; i++) {
      const delta = lineNormal(i) - lineNormal(o);
      k.set(o, i, SHARPEN * (axial(math, delta, 14) - 0.375 * axial(math, delta, 1.5)));
    }
  for (let t = 0; t < 24; t++) k.set(LINES + t, TEXTURES_AT + 2 * t, 1);
  for (let c = 0; c < 16; c++) k.set(2 * LINES + c, COLOURS_AT + c, 1);
  return k;
}

/** Colours of mixed3a that reach the curves' branch: chromatic ones only, silent on grey stimuli. */
const CHROMATIC = [2, 3, 4, 5, 6, 7, 10, 12];

/** [24 lines, 8 colours] of mixed3a. */
export function mixed3b5x5Bottleneck(): Kernel {
  const k = new Kernel(32, 256, 1);
  for (let o = 0; o < LINES; o++) k.set(o, o, 1);
  CHROMATIC.forEach((c, i) => {
    k.set(LINES + i, 2 * LINES + c, 0.25);
  });
  return k;
}

/**
 * Response of the line channels that an ideal arc through the middle would give, mean over
 * radii: near the arc, channels whose normal is the arc's normal there.
 */
function arc(math: CoreMath, orientationDeg: number): Float64Array {
  const out = new Float64Array(LINES * 25);
  const phi = orientationDeg * RAD;
  const [nx, ny] = [math.cos(phi), math.sin(phi)];
  for (const r of RADII)
    for (let y = 0; y < 5; y++)
      for (let x = 0; x < 5; x++) {
        const qx = STRIDE * (x - 2) + r * nx;
        const qy = STRIDE * (y - 2) + r * ny;
        const off = Math.sqrt(qx * qx + qy * qy) - r;
        const near = math.exp(-(off * off) / (2 * 4.5 * 4.5));
        const normal = math.atan2(qy, qx) / RAD;
        // Only the half of the circle around the apex is the curve's.
        const turn = math.cos((normal - orientationDeg) * RAD);
        if (turn <= 0) continue;
        for (let i = 0; i < LINES; i++)
          out[i * 25 + y * 5 + x] +=
            (near * turn * axial(math, lineNormal(i) - normal, ARC_KAPPA)) / RADII.length;
      }
  return out;
}

/** Arcs of neighbouring orientations: the width of the tuning curve. */
function blurred(math: CoreMath, orientationDeg: number): Float64Array {
  const out = new Float64Array(LINES * 25);
  for (const turn of TOLERANCE) {
    const one = arc(math, orientationDeg + turn);
    for (let i = 0; i < out.length; i++) out[i] += one[i] / TOLERANCE.length;
  }
  return out;
}

/** Curve template: the arc minus the opposite one (no echo) and minus any other line there. Response 1 to its own ideal arc. */
export function curveTemplate(math: CoreMath, orientationDeg: number): Float64Array {
  const own = blurred(math, orientationDeg);
  const opposite = blurred(math, orientationDeg + 180);
  const template = new Float64Array(own.length);
  for (let p = 0; p < 25; p++) {
    let energy = 0;
    for (let i = 0; i < LINES; i++) energy += own[i * 25 + p] / LINES;
    for (let i = 0; i < LINES; i++)
      template[i * 25 + p] = own[i * 25 + p] - OPPOSITE * opposite[i * 25 + p] - SURROUND * energy - FLOOR;
  }
  return scaled(template, own);
}

/** Tolerance of a template in orientation: half width about 24 degrees. */
const ARC_KAPPA = 4;
const TOLERANCE = [-18, -6, 6, 18];
const OPPOSITE = 0.3;
const SURROUND = 0.9;
const FLOOR = 0.02;

function lineTemplate(math: CoreMath, normalDeg: number): Float64Array {
  const own = new Float64Array(LINES * 25);
  for (let y = 0; y < 5; y++)
    for (let x = 0; x < 5; x++) {
      const off = STRIDE * ((x - 2) * math.cos(normalDeg * RAD) + (y - 2) * math.sin(normalDeg * RAD));
      const near = math.exp(-(off * off) / (2 * 4.5 * 4.5));
      for (let i = 0; i < LINES; i++)
        own[i * 25 + y * 5 + x] = near * axial(math, lineNormal(i) - normalDeg, 12);
    }
  const mean = own.reduce((s, v) => s + v, 0) / own.length;
  return scaled(
    own.map((v) => v - 1.5 * mean),
    own,
  );
}

/** Scaled so that its response to `stimulus` is 1. */
function scaled(template: Float64Array, stimulus: Float64Array): Float64Array {
  let response = 0;
  for (let i = 0; i < template.length; i++) response += template[i] * stimulus[i];
  return template.map((v) => v / response);
}

/** 5x5: every unit the weighted sum of its templates, minus its threshold. `gain`: typical size of a line's activation. */
export function mixed3b5x5(math: CoreMath, rng: Rng, gain: number): Kernel {
  const k = new Kernel(96, 32, 5);
  const colourGain = 1;
  planUnits(rng).forEach((plan: UnitPlan, u) => {
    const add = (template: Float64Array, weight: number) => {
      for (let i = 0; i < LINES; i++)
        for (let p = 0; p < 25; p++) {
          const [y, x] = [Math.floor(p / 5), p % 5];
          k.set(u, i, k.get(u, i, y, x) + weight * template[i * 25 + p], y, x);
        }
    };
    for (const c of plan.curves) add(curveTemplate(math, c.orientationDeg), c.weight);
    for (const l of plan.lines) add(lineTemplate(math, l.normalDeg), l.weight);
    for (const c of plan.colours)
      for (let p = 0; p < 25; p++) {
        const [y, x] = [Math.floor(p / 5), p % 5];
        k.set(
          u,
          LINES + c.channel,
          k.get(u, LINES + c.channel, y, x) + c.weight * colourGain * (y === 2 && x === 2 ? 8 : 0.5),
          y,
          x,
        );
      }
    k.bias[u] = -plan.threshold * gain;
  });
  return k;
}

/** Seeded features for a branch: each filter adds a few inputs, over its window, and is held back by a few others. */
export function seeded(rng: Rng, out: number, inputs: number, size: number, offset = 0): Kernel {
  const k = new Kernel(out, inputs, size);
  const positions = size * size;
  for (let o = 0; o < out; o++) {
    for (let n = 0; n < 4; n++) {
      const i = (offset + rng.below(inputs)) % inputs;
      for (let p = 0; p < positions; p++)
        k.set(o, i, (0.25 + 0.5 * rng.uniform()) / positions, Math.floor(p / size), p % size);
    }
    for (let n = 0; n < 2; n++) {
      const i = rng.below(inputs);
      for (let p = 0; p < positions; p++)
        k.set(o, i, (-0.3 * rng.uniform()) / positions, Math.floor(p / size), p % size);
    }
  }
  return k;
}
