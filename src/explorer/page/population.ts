// The population's answer as a polar plot: every detector a spoke in the direction that it
// prefers, as long as its response; behind them the petals of the chosen units.
import { petalPath, point, RADIUS } from '../../report/polar-geometry.js';
import { wideGaps } from '../../study/curves/gaps.js';
import { type Kind, type Unit, unitName } from '../../units/unit.js';
import type { CurveAnswer } from '../live.js';
import type { RunData } from './data.js';
import { s } from './dom.js';
import { arcIcon, polarPicture } from './polar.js';
import { indexOf } from './views/overview.js';

interface Spoke {
  kind: Kind;
  unit: number;
  peak: number;
  deg: number;
  line: SVGLineElement;
  dot: SVGCircleElement;
}

export class Population {
  readonly svg: SVGSVGElement;
  #spokes: Spoke[] = [];
  #petals = s('g');
  #pointer = s('g', { class: 'pointer' });

  constructor(run: RunData) {
    const { neurons, features } = run.index.curves;
    const picture = polarPicture(
      'what every curve detector answers',
      neurons.count ? wideGaps(neurons.detectors) : [],
    );
    this.svg = picture.svg;
    const spokes = s('g');
    for (const [kind, detectors] of [
      ['features', features?.detectors ?? []],
      ['neurons', neurons.detectors],
    ] as const)
      for (const d of detectors) {
        const line = s('line', { class: `spoke ${kind.slice(0, -1)}` });
        const dot = s('circle', { class: `dot ${kind.slice(0, -1)}`, r: 4 });
        spokes.append(s('g', {}, s('title', {}, d.unit), line, dot));
        this.#spokes.push({ kind, unit: indexOf(d), peak: d.peak, deg: d.orientationDeg, line, dot });
      }
    picture.petals.append(this.#petals);
    picture.front.append(spokes, this.#pointer);
  }

  /** Responses to what is seen now; `deg`: the direction that is shown, where there is one. */
  answer(answer: CurveAnswer, deg?: number): void {
    for (const { kind, unit, peak, deg: at, line, dot } of this.#spokes) {
      const value = answer[kind][unit] ?? 0;
      const end = point(at, RADIUS * Math.min(1, peak > 0 ? value / peak : 0));
      line.setAttribute('x2', end.x);
      line.setAttribute('y2', end.y);
      dot.setAttribute('cx', end.x);
      dot.setAttribute('cy', end.y);
    }
    this.#pointer.replaceChildren();
    if (deg === undefined) return;
    const at = point(deg, RADIUS + 18);
    this.#pointer.append(
      s('g', { transform: `translate(${at.x} ${at.y})` }, s('circle', { r: 15 }), arcIcon(deg, 10)),
    );
  }

  /** Tuning curves of units, `curves` [direction][unit], with the directions evenly around the circle. */
  petals(units: readonly Unit[], curves: Float32Array): void {
    const n = units.length ? curves.length / units.length : 0;
    this.#petals.replaceChildren(
      ...units.map((unit, u) => {
        const curve = Float32Array.from({ length: n }, (_, i) => curves[i * units.length + u]);
        return s(
          'path',
          { class: `petal ${unit.kind.slice(0, -1)}`, d: petalPath(curve) },
          s('title', {}, unitName(unit)),
        );
      }),
    );
  }

  /** Directions of a tuning curve that is computed here. */
  static readonly SAMPLES = 120;
}
