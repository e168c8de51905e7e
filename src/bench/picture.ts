// Steps of a picture that is optimised for a unit of mixed3b (visualize), without random transforms: their draws are
// each library's own.
import { Painter } from '../study/visualize/painter.js';
import { type Objective, type PaintState, PICTURE_DEFAULTS } from '../study/visualize/types.js';
import { heModel } from './random-model.js';
import type { Environment, Impl, Variant, Work } from './types.js';

export const PICTURE = {
  tap: 'mixed3b_5x5',
  channel: 7,
  steps: 4,
  options: { ...PICTURE_DEFAULTS, transforms: false, redirected: 0 },
};

const objective: Objective = {
  terms: [{ weight: 1, tap: `${PICTURE.tap}_pre_relu`, where: 'centre', channel: PICTURE.channel }],
};

export interface PictureCase {
  model: ReturnType<typeof heModel>;
  /** Where every run begins. */
  start: PaintState;
}

export function pictureCase({ variants: [{ engine }] }: Environment): PictureCase {
  const model = heModel('inceptionv1');
  const painter = new Painter(engine, model, objective, PICTURE.options);
  const start = painter.paint(objective, PICTURE.options, 0);
  painter.dispose();
  return { model, start };
}

/** Compared is the picture, 0..255. */
export function ownPicture({ model, start }: PictureCase, { engine, build }: Variant, version: string): Impl {
  const painter = new Painter(engine, model, objective, PICTURE.options);
  let rgb = new Uint8Array(0);
  return {
    impl: 'curvesae',
    ...{ version, build, threads: 1, batch: 1 },
    run: () => {
      [rgb] = painter.paint(objective, PICTURE.options, PICTURE.steps, start)
        .rgb as Uint8Array<ArrayBuffer>[];
    },
    output: () => rgb,
    dispose: () => painter.dispose(),
  };
}

/** The default build alone. Of one step the pictures are equal; then rounding decides where a gradient is near 0, whose sign Adam goes by. */
export function pictureWork(c: PictureCase, { variants: [first], version }: Environment): Work {
  const { steps, tap } = PICTURE;
  const work = `${steps} steps of a picture of 128x128, ${tap}`;
  return { work, tolerance: 0.1, impls: [ownPicture(c, first, version)] };
}
