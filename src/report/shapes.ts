// Paths in the circle, with d3-shape. Its angles start at the top and go clockwise; ours
// start at the right, so that each is turned by 90 degrees.
import { curveLinearClosed, arc as d3arc, lineRadial as d3line } from 'd3-shape';

const radians = (deg: number): number => ((deg + 90) * Math.PI) / 180;

export function lineClosed(points: { deg: number; r: number }[]): string {
  const path = d3line<{ deg: number; r: number }>()
    .angle((p) => radians(p.deg))
    .radius((p) => p.r)
    .curve(curveLinearClosed);
  path.digits(2);
  return path(points) ?? '';
}

export function lineRadial(deg: number, r: number): string {
  const path = d3line<number>()
    .angle(() => radians(deg))
    .radius((x) => x);
  path.digits(2);
  return path([0, r]) ?? '';
}

export function arc(fromDeg: number, toDeg: number, r: number): string {
  const path = d3arc<null>()
    .innerRadius(0)
    .outerRadius(r)
    .startAngle(radians(fromDeg))
    .endAngle(radians(toDeg));
  path.digits(2);
  return path(null) ?? '';
}
