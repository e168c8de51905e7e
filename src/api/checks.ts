// What is checked before any work begins, so that a mistake costs a moment and not an hour.

import { InputError, UsageError } from '../core/errors.js';
import { checkReach } from '../network/load.js';
import { imageInput } from '../network/ops/image.js';
import { tokensInput } from '../network/ops/tokens.js';
import { baseOf, parseUnit, tapInfo } from '../network/taps.js';
import type { Model, TapInfo } from '../network/types.js';
import { type Hiding, hidingOf } from '../vectors/hiding.js';
import { candidatePositions } from '../vectors/sample.js';
import { isHeldOut } from '../vectors/store.js';
import type { OpenedSae } from './open-sae.js';

/** The tap's geometry. UsageError: unknown, or beyond what the model computes. */
export function reachableTap(model: Model, tap: string): TapInfo {
  const info = tapInfo(model.description, tap);
  checkReach(model, baseOf(tap), tap);
  return info;
}

/** The same for a study of curves, which needs positions. */
export function spatialTap(model: Model, tap: string): TapInfo {
  imageInput(model.description);
  const info = reachableTap(model, tap);
  if (info.height === 1 && info.width === 1)
    throw new UsageError(
      `tap '${tap}' has no space: one vector of ${info.channels} per picture, and curves need positions; choose an earlier tap`,
    );
  return info;
}

/** UsageError where not one position of the tap can be sampled. */
export function checkSampling(model: Model, info: TapInfo, excludeBorder: boolean): void {
  if (!tokensInput(model.description))
    candidatePositions(info, imageInput(model.description).size, excludeBorder);
  else if (excludeBorder) throw new UsageError('exclude-border is of pictures; a text has none');
}

/** Vectors that `images` pictures give to training where all of them can be used. */
export function trainingVectors(images: number, perImage: number): number {
  let held = 0;
  for (let i = 0; i < images; i++) if (isHeldOut(i, images)) held++;
  return (images - held) * perImage;
}

/** UsageError: the SAE reads hidden neurons (vectors/hiding.ts), not the tap's own vectors. */
export function checkNotHidden(what: string, label: string, metadata: Record<string, unknown>): void {
  if (metadata.hidden !== undefined)
    throw new UsageError(
      `${what}: ${label} was trained on hidden neurons (${String(metadata.hidden)}), whose vectors are not the tap's; give an SAE of the tap itself`,
    );
}

/** UsageError where vectors of `width` are not what the SAE takes. */
export function checkWidth(what: string, width: number, dIn: number): void {
  if (width !== dIn)
    throw new UsageError(`${what}: vectors of ${width} dimensions do not fit this SAE of d_in ${dIn}`);
}

/** A unit as written, and where it is in this tap: `mixed3b:379` is unit 59 of `mixed3b_5x5`. UsageError: it is none of the tap. */
export function unitOfTap(
  text: string,
  model: Model,
  { name: tap, channels }: Pick<TapInfo, 'name' | 'channels'>,
): { text: string; index: number } {
  const wanted = parseUnit(text, model.description).canonical;
  const first = parseUnit(`${tap}:0`, model.description).canonical;
  const index = wanted.index - first.index;
  if (wanted.tap !== first.tap || index < 0 || index >= channels)
    throw new UsageError(`unit '${text}' is not in tap ${tap}; choose its tap with --tap`);
  return { text, index };
}

/**
 * How the neurons that an SAE reads are hidden from it, where they are. InputError: its vectors are not those of a tap
 * of this many channels.
 */
export function hidingFor(
  { label, config, metadata }: Pick<OpenedSae, 'label' | 'config' | 'metadata'>,
  tap: string,
  channels: number,
): Hiding | undefined {
  const hiding = hidingOf(metadata.hidden);
  if (config.dIn !== (hiding ? hiding.width : channels))
    throw new InputError(`${label}: d_in ${config.dIn} does not fit tap ${tap} of ${channels} channels`);
  return hiding;
}
