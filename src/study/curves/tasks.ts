// Tasks of the curve study. `responses`: drawn stimuli -> the tap's vector at the read unit. `structure`:
// a photograph -> which way it runs at places of the tap.

import { drawStimulus, greyToRgb, type Stimulus } from '../../images/stimuli.js';
import { PictureStructure } from '../../images/structure.js';
import type { ImageRef } from '../../images/types.js';
import { imageInput } from '../../network/ops/image.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import type { Placement } from './placement.js';

export const curveTasks: Record<string, Task> = { responses, structure };

export interface PlacedStimulus {
  stimulus: Stimulus;
  /** Pixels from the centre of the read unit's field, along the stimulus's normal. */
  offset?: number;
}

export interface ResponsesPayload {
  tap: string;
  placement: Placement;
  stimuli: readonly PlacedStimulus[];
  lineWidth: number;
  /** Of the network with random weights in place of its own. */
  weightsSeed?: number;
}

/** Vectors [stimulus][channel]. */
export type ResponsesSlice = Float32Array;

async function responses(payload: ResponsesPayload, context: TaskContext): Promise<TaskResult> {
  const { tap, placement, stimuli, lineWidth, weightsSeed } = payload;
  const { size, index, apex } = placement;
  const { math } = context.engine;
  const session = context.sessionOf(size, tap, weightsSeed);
  const { channels, width, height } = session.info(tap);
  const grey = context.lent('grey', size * size);
  const picture = context.lent('picture', 3 * size * size);
  const values = context.lent('values', height * width * channels);
  const out = new Float32Array(stimuli.length * channels);
  const from = (index * width + index) * channels;
  stimuli.forEach(({ stimulus, offset = 0 }, i) => {
    const normal = (stimulus.orientationDeg * Math.PI) / 180;
    const geometry = {
      ...{ size, lineWidth },
      apexX: apex + (offset && offset * math.cos(normal)),
      apexY: apex + (offset && offset * math.sin(normal)),
    };
    session.run(greyToRgb(drawStimulus(math, stimulus, geometry, grey), picture));
    out.set(session.tap(tap, values).subarray(from, from + channels), i * channels);
  });
  return { value: out, transfer: [out.buffer] };
}

export interface StructurePayload {
  ref: ImageRef;
  /** Row and column of each place, one after the other, in pixels of the prepared picture. */
  pixels: Int32Array;
  /** Of the Gaussian window, pixels. */
  sigma: number;
}

/** Direction in degrees and coherence of each place; NaN where the picture is flat, or cannot be used. */
export type StructureSlice = Float32Array;

async function structure(
  { ref, pixels, sigma }: StructurePayload,
  context: TaskContext,
): Promise<TaskResult> {
  const { size } = imageInput(context.model.description);
  const out = new Float32Array(pixels.length).fill(Number.NaN);
  const picture = await context.picture(ref, size);
  if (picture instanceof Float32Array) {
    const runs = new PictureStructure(context.engine.math, picture, size);
    // Places are drawn with replacement: one comes again and again.
    const known = new Map<number, readonly [number, number]>();
    for (let i = 0; i < pixels.length; i += 2) {
      const key = pixels[i] * size + pixels[i + 1];
      let found = known.get(key);
      if (!found) {
        const at = runs.at(pixels[i + 1], pixels[i], sigma);
        found = at ? [at.directionDeg, at.coherence] : [Number.NaN, Number.NaN];
        known.set(key, found);
      }
      out.set(found, i);
    }
  }
  return { value: out, transfer: [out.buffer] };
}
