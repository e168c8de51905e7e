// The vision task: drawn curves before a network, changed at one tap and read at a later one.
import { UsageError } from '../../core/errors.js';
import { checkReach } from '../../network/load.js';
import { imageInput } from '../../network/ops/image.js';
import { opOf } from '../../network/ops/index.js';
import { cutAt, tailOf } from '../../network/tail.js';
import { baseOf, dependentLayers, tapInfo } from '../../network/taps.js';
import type { Model } from '../../network/types.js';
import { placeStimulus } from '../curves/placement.js';
import type { VisionEntities } from './materials.js';

/** Read where a network is not told to be: Gorton's tap, and one that the embedded network goes on from. */
const USUAL_TAPS = ['mixed3b_5x5', 'mixed3a'];

/** The first of the usual taps that something is computed from. */
export function usualTap(model: Model): string {
  const found = USUAL_TAPS.find((tap) => {
    try {
      return blockAfter(model, tap) !== undefined;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new UsageError(`${model.name}: has none of the usual taps; give --tap`);
  return found;
}

/** The first block that is computed from the tap and that the model has: what is read unless another tap is named. */
function blockAfter({ description, lastTap }: Model, tap: string): string | undefined {
  const { layers } = description;
  const reached = layers.slice(0, layers.findIndex(({ out }) => out === lastTap) + 1);
  const { input } = cutAt(description, tap);
  if (!reached.some(({ out }) => out === input) || input === lastTap) return undefined;
  const blocks = dependentLayers(description, input, reached).filter((layer) => opOf(layer).branches);
  return blocks[0]?.out;
}

/** How a tap is changed and read. */
export type VisionSetting = Omit<VisionEntities, 'kind' | 'pictures' | 'beside' | 'hiding' | 'grid'> & {
  channels: number;
};

/** UsageError: a tap that is unknown, has no positions, or that nothing which can be read is computed from. */
export function visionSetting(model: Model, tap: string, read?: string): VisionSetting {
  const info = tapInfo(model.description, tap);
  if (info.height === 1 && info.width === 1)
    throw new UsageError(`tap '${tap}' has no space, and curves need positions; choose an earlier tap`);
  const later = read ?? blockAfter(model, tap);
  if (later === undefined)
    throw new UsageError(
      `${model.name} has no block behind tap '${tap}' that could be read; choose an earlier tap, as --tap ${USUAL_TAPS[1]}, or name one with --read`,
    );
  const full = imageInput(model.description).size;
  const placed = placeStimulus(info, full, 'centred');
  const fits = (size: number): boolean => {
    try {
      tailOf(model, tap, later, size, size);
      return true;
    } catch (error) {
      if (size === full) throw error;
      return false;
    }
  };
  checkReach(model, baseOf(later), later);
  // A tap that needs the whole picture (the classifier) is read of the whole picture.
  const size = fits(placed.size) ? placed.size : full;
  fits(full);
  return { tap, read: later, size, apex: placed.apex, channels: info.channels };
}
