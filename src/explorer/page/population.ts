// The population's answer as a polar plot: every detector a spoke in the direction that it
// prefers, as long as its response; behind them the petals of the chosen units.
import { petalPath, point, RADIUS } from '../../report/polar-geometry.js';
import { wideGaps } from '../../study/curves/gaps.js';
import { type Kind, type Unit, unitName } from '../../units/unit.js';
import type { CurveAnswer } from '../live.js';
import type { RunData } from './data.js';
import { s } from './dom.js';
import { type Sheet, sheetOf } from './download.js';
import { arcIcon, polarPicture } from './polar.js';
import { curvesSheet, indexOf } from './sheets.js';

interface Spoke {
  kind: Kind;
  unit: number;
  peak: number;
  deg: number;
  name: string;
  value: number;
  line: SVGLineElement;
  dot: SVGCircleElement;
}

export class Population {
  readonly svg: SVGSVGElement;
  #spokes: Spoke[] = [];
  #tunings: { unit: Unit; curve: Float32Array }[] = [];
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
        this.#spokes.push({
          ...{ kind, unit: indexOf(d), peak: d.peak, deg: d.orientationDeg, line, dot },
          ...{ name: d.unit, value: 0 },
        });
      }
    picture.petals.append(this.#petals);
    picture.front.append(spokes, this.#pointer);
  }

  /** Responses to what is seen now; `deg`: the direction that is shown, where there is one. */
  answer(answer: CurveAnswer, deg?: number): void {
    for (const spoke of this.#spokes) {
      const { kind, unit, peak, deg: at, line, dot } = spoke;
      const value = answer[kind][unit] ?? 0;
      spoke.value = value;
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

  /** What every detector answers now. */
  spokes(): Sheet {
    const of = <T extends string | number>(value: (s: Spoke) => T) => this.#spokes.map(value);
    return sheetOf({
      unit: of((s) => s.name),
      orientationDeg: of((s) => s.deg),
      value: of((s) => s.value),
      peak: of((s) => s.peak),
    });
  }

  /** The petals that are drawn; none where none was computed yet. */
  tunings(name: (unit: Unit) => string): Sheet {
    return curvesSheet(this.#tunings.map(({ unit, curve }) => ({ unit: name(unit), curve })));
  }

  /** Tuning curves of units, `curves` [direction][unit], with the directions evenly around the circle. */
  petals(units: readonly Unit[], curves: Float32Array): void {
    const n = units.length ? curves.length / units.length : 0;
    this.#tunings = units.map((unit, u) => ({
      unit,
      curve: Float32Array.from({ length: n }, (_, i) => curves[i * units.length + u]),
    }));
    this.#petals.replaceChildren(
      ...this.#tunings.map(({ unit, curve }) =>
        s(
          'path',
          { class: `petal ${unit.kind.slice(0, -1)}`, d: petalPath(curve) },
          s('title', {}, unitName(unit)),
        ),
      ),
    );
  }

  /** Directions of a tuning curve that is computed here. */
  static readonly SAMPLES = 120;
}
