// How cost grows with size: image, batch, width of the SAE. One curve each.
import { createSession } from '../network/session.js';
import { heModel, randomImage } from './random-model.js';
import { ownStep, type StepCase } from './sae-step.js';
import type { Environment, Work } from './types.js';

const IMAGES = [96, 128, 160, 224, 320, 448];
const BATCHES = [128, 256, 512, 1024, 2048, 4096];
const WIDTHS = [
  [96, 1536],
  [192, 3072],
  [288, 4608],
  [384, 6144],
  [480, 7680],
];

export async function* sizeWorks({ variants, version }: Environment): AsyncGenerator<Work> {
  const [variant] = variants;
  const model = heModel('inceptionv1');
  for (const side of IMAGES) {
    const session = createSession(variant.engine, model, { height: side, width: side, taps: ['mixed3b'] });
    const image = randomImage(side, side);
    yield {
      work: `stem, image ${side}x${side}`,
      tolerance: 0,
      impls: [
        {
          impl: 'curvesae',
          ...{ version, build: variant.build, threads: 1, batch: 1 },
          run: () => session.run(image),
          dispose: () => session.dispose(),
        },
      ],
      about: {
        series: {
          name: 'stem, image side',
          axis: 'pixels a side',
          at: side,
          units: side * side,
          unit: 'pixel',
        },
      },
    };
  }
  const step = (c: StepCase, name: string, axis: string, at: number, units: number, unit: string): Work => ({
    work: `${name} ${at}`,
    tolerance: 0,
    impls: [ownStep(c, variant, version)],
    about: { series: { name, axis, at, units, unit } },
  });
  const topk = { arch: 'topk', settings: { k: 32 } };
  for (const batch of BATCHES)
    yield step(
      { ...topk, d: 192, f: 3072, batch },
      'topk step, batch',
      'vectors a step',
      batch,
      batch,
      'vector',
    );
  for (const [d, f] of WIDTHS)
    yield step(
      { ...topk, d, f, batch: 1024 },
      ...(['topk step, width', 'latents F = 16 d', f, 1024 * d * f, 'vector and weight'] as const),
    );
}
