import { transpose4 } from "../lanes";

/** The edge x edge planes of 4 tiles x 4 channels, tile by tile at t -> [plane][4 channels][4 tiles] at v. */
// @ts-ignore: decorator
@inline
export function interleave(edge: usize, t: usize, v: usize, plane: usize): void {
  const tile = edge * edge * 16, end = t + tile;
  do {
    transpose4(v128.load(t), v128.load(t + tile), v128.load(t + 2 * tile), v128.load(t + 3 * tile), v);
    t += 16; v += plane;
  } while (t < end);
}
