// One picture through the network: what the tasks of this room begin with.
import type { ImageFailure, ImageRef } from '../images/types.js';
import type { Session } from '../network/types.js';
import { LoadedSae } from '../sae/inference.js';
import type { SaeConfig, SaeTensors } from '../sae/types.js';
import { type Hiding, hide, hidingMatrix } from '../vectors/hiding.js';
import type { TaskContext } from '../vectors/task-context.js';

/** The vectors that are looked at: a tap, and the SAE that reads it. Plain data. */
export interface Looked {
  tap: string;
  /** Side of the picture in pixels. */
  size: number;
  sae?: SaeOfTap;
  /** Identity of `sae`: a thread loads it once. */
  key: string;
}

export interface SaeOfTap {
  config: SaeConfig;
  tensors: SaeTensors;
  /** It reads the tap's neurons behind this matrix. */
  hidden?: Hiding;
}

export interface PictureValues {
  /** [size][size][3], RGB, 0..255. */
  picture: Float32Array;
  session: Session;
  /** The tap, [H * W][channels]; of text [T - 1][channels], the first token left out. */
  x: Float32Array;
  channels: number;
  sae?: LoadedSae;
  /** What the SAE reads, [H * W][d_in]. */
  read: Float32Array;
}

/** `taps`: to be kept besides. A picture that cannot be used: why. */
export async function pictureValues(
  ref: ImageRef,
  { tap, size, sae, key }: Looked,
  context: TaskContext,
  taps: string[] = [],
): Promise<PictureValues | { failure: ImageFailure }> {
  const picture = await context.picture(ref, size);
  if (!(picture instanceof Float32Array)) return { failure: picture };
  const session = context.session(size, [tap, ...taps]);
  session.run(picture);
  const { channels } = session.info(tap);
  const values = session.tap(tap);
  // What the first token of a window gives is the same in every one: position 0 is the second token.
  const x = ref.kind === 'tokens' ? values.subarray(channels) : values;
  return {
    ...{ picture, session, x, channels },
    read: sae?.hidden ? behind(sae.hidden, x, channels, context) : x,
    ...(sae && {
      sae: context.keep('sae of a tap', key, () => new LoadedSae(context.engine, sae.config, sae.tensors)),
    }),
  };
}

function behind(hiding: Hiding, x: Float32Array, channels: number, context: TaskContext): Float32Array {
  const { matrix } = context.keep('hidden neurons', JSON.stringify([hiding, channels]), () => ({
    matrix: hidingMatrix(context.engine.math, channels, hiding),
    dispose() {},
  }));
  return hide(context.scratch, x, matrix, hiding.width);
}

/** The pixels as bytes, rounded, halves up. (A loop: `from` with a function takes 20 times as long on 150,000 values.) */
export function pixelsOf(picture: Float32Array): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(picture.length);
  for (let i = 0; i < picture.length; i++) {
    const v = picture[i];
    pixels[i] = v <= 0 ? 0 : v >= 255 ? 255 : Math.floor(v + 0.5);
  }
  return pixels;
}
