// How fidelity grows with the width of an SAE and with its active latents: FVU = A d_sae^-alpha L0^-beta, least
// squares on logarithms (O'Neill et al. 2024, section 3; Gao et al. 2024). A line through few points always fits
// well, so each law also says what it predicts of the largest SAE when fitted without it.
import type { Compared } from './fronts.js';

interface Log {
  log(x: number): number;
  exp(x: number): number;
}

/** An SAE of a scaling: trained, with a width. */
export interface Sized extends Compared {
  dSae: number;
}

/** FVU = factor · x^-exponent over `points` SAEs. */
export interface PowerLaw {
  factor: number;
  exponent: number;
  /** Share of the variance of log FVU; 1 for two points. */
  r2: number;
  points: number;
}

/** FVU = factor · d_sae^-width · L0^-active. */
export interface JointLaw {
  factor: number;
  width: number;
  active: number;
  r2: number;
  points: number;
  /** Largest |measured / fitted - 1|. */
  worst: number;
  /** The largest SAE (d_sae times L0) and what the others' law says of it; null where too few are left. */
  foretold: { name: string; predicted: number; measured: number } | null;
}

export interface Scaling {
  architecture: string;
  /** Over d_sae, for each value of the knob with SAEs of two widths or more. */
  byWidth: (PowerLaw & { knob: number })[];
  /** Over L0, for each width with two SAEs or more. */
  byActive: (PowerLaw & { dSae: number })[];
  /** null where SAEs of two widths and two L0s, four in all, are not there. */
  joint: JointLaw | null;
}

export type ScalingRow = Sized & { knob: { value: number } | null };

/** One scaling for each architecture with SAEs of several widths. */
export function scalings(rows: readonly ScalingRow[], math: Log): Scaling[] {
  const usable = rows.filter((r) => r.l0! > 0 && r.fvu! > 0 && r.knob !== null);
  const archs = [...new Set(usable.map((r) => r.architecture))];
  return archs.flatMap((name) => {
    const own = usable.filter((r) => r.architecture === name);
    if (new Set(own.map((r) => r.dSae)).size < 2) return [];
    const laws = (of: (r: ScalingRow) => number, x: (r: ScalingRow) => number) =>
      [...new Set(own.map(of))]
        .sort((a, b) => a - b)
        .flatMap((at) => {
          const law = powerLaw(
            own.filter((r) => of(r) === at).map((r) => ({ x: x(r), y: r.fvu! })),
            math,
          );
          return law ? [{ at, law }] : [];
        });
    return [
      {
        architecture: name,
        byWidth: laws(
          (r) => r.knob!.value,
          (r) => r.dSae,
        ).map(({ at, law }) => ({ knob: at, ...law })),
        byActive: laws(
          (r) => r.dSae,
          (r) => r.l0!,
        ).map(({ at, law }) => ({ dSae: at, ...law })),
        joint: jointLaw(own, math),
      },
    ];
  });
}

/** undefined for fewer than two different x. */
export function powerLaw(points: readonly { x: number; y: number }[], math: Log): PowerLaw | undefined {
  const x = points.map((p) => math.log(p.x));
  const y = points.map((p) => math.log(p.y));
  const [mx, my] = [meanOf(x), meanOf(y)];
  const xx = products(x, mx, x, mx);
  if (!(xx > 0)) return undefined;
  const slope = products(x, mx, y, my) / xx;
  return {
    factor: math.exp(my - slope * mx),
    exponent: -slope,
    r2: explained(y, my, (i) => my + slope * (x[i] - mx)),
    points: points.length,
  };
}

function jointLaw(rows: readonly ScalingRow[], math: Log): JointLaw | null {
  const law = plane(rows, math);
  if (!law) return null;
  const capacity = (r: ScalingRow) => r.dSae * r.l0!;
  const largest = rows.reduce((a, b) => (capacity(b) > capacity(a) ? b : a));
  const others = plane(
    rows.filter((r) => r !== largest),
    math,
  );
  const { at, ...fitted } = law;
  return {
    ...fitted,
    worst: rows.reduce((most, r) => Math.max(most, Math.abs(r.fvu! / at(r) - 1)), 0),
    foretold: others && { name: largest.name, predicted: others.at(largest), measured: largest.fvu! },
  };
}

/** The plane through logarithms; null for fewer than four SAEs or where they lie on one line. */
function plane(rows: readonly ScalingRow[], math: Log) {
  if (rows.length < 4) return null;
  const u = rows.map((r) => math.log(r.dSae));
  const v = rows.map((r) => math.log(r.l0!));
  const y = rows.map((r) => math.log(r.fvu!));
  const [mu, mv, my] = [meanOf(u), meanOf(v), meanOf(y)];
  const [uu, uv, vv] = [products(u, mu, u, mu), products(u, mu, v, mv), products(v, mv, v, mv)];
  const determinant = uu * vv - uv * uv;
  if (!(determinant > 1e-9 * uu * vv)) return null;
  const [uy, vy] = [products(u, mu, y, my), products(v, mv, y, my)];
  const a = (uy * vv - vy * uv) / determinant;
  const b = (vy * uu - uy * uv) / determinant;
  const log = (i: number) => my + a * (u[i] - mu) + b * (v[i] - mv);
  return {
    factor: math.exp(my - a * mu - b * mv),
    width: -a,
    active: -b,
    r2: explained(y, my, log),
    points: rows.length,
    at: (r: ScalingRow) => math.exp(my + a * (math.log(r.dSae) - mu) + b * (math.log(r.l0!) - mv)),
  };
}

const meanOf = (x: readonly number[]): number => x.reduce((s, v) => s + v, 0) / x.length;

const products = (a: readonly number[], ma: number, b: readonly number[], mb: number): number =>
  a.reduce((s, v, i) => s + (v - ma) * (b[i] - mb), 0);

function explained(y: readonly number[], mean: number, fitted: (i: number) => number): number {
  const spread = products(y, mean, y, mean);
  const left = y.reduce((s, v, i) => s + (v - fitted(i)) ** 2, 0);
  return spread > 0 ? 1 - left / spread : 1;
}
