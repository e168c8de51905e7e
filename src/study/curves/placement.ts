// Where the stimulus goes and which unit is read (METHODS 1.6, 5.4).
import type { TapInfo } from '../../network/types.js';

export interface Placement {
  /** Side of the network's input. */
  size: number;
  /** Row and column of the unit that is read. */
  index: number;
  /** Pixel (x = y) of the apex. */
  apex: number;
}

/** Input sides keep the grid of the full picture when they are multiples of the deepest stride. */
const GRID = 32;

/**
 * centred: the smallest input in which a unit's whole receptive field lies inside the
 * picture: what the unit sees is the same as in the full picture, at a fraction of the
 * cost. Fields larger than the picture: the unit nearest to its middle.
 * lucid: unit shape//2, apex on pixel size//2.
 */
export function placeStimulus(info: TapInfo, fullSize: number, pairing: 'centred' | 'lucid'): Placement {
  if (pairing === 'lucid') return { size: fullSize, index: info.height >> 1, apex: fullSize >> 1 };
  const reach = (info.field - 1) / 2;
  const index = Math.max(0, Math.ceil((reach - info.centre) / info.stride));
  const apex = info.stride * index + info.centre;
  const size = Math.ceil((apex + reach + 1) / GRID) * GRID;
  if (size <= fullSize) return { size, index, apex };
  const middle = Math.round((fullSize / 2 - info.centre) / info.stride);
  const nearest = Math.min(info.height - 1, Math.max(0, middle));
  return { size: fullSize, index: nearest, apex: info.stride * nearest + info.centre };
}
