import { openModel } from '../../../models/open.node.js';
import { InputError, UsageError } from '../../core/errors.js';
import { prepareImage } from '../../images/prepare.js';
import { listImages, loadImage } from '../../images/source.node.js';
import type { ImageFailure } from '../../images/types.js';
import { imageInput } from '../../network/ops/image.js';
import { createSession } from '../../network/session.js';
import { cacheFolder } from '../cache.node.js';
import { command } from '../command.js';

const TOP = 5;

interface Prediction {
  image: string;
  top: { class: number; label: string; probability: number }[];
}

export default command({
  summary: 'top-5 classes of images',
  usage: '--model MODEL IMAGE...',
  flags: {
    model: {
      kind: 'text',
      value: 'MODEL',
      help: 'a pulled name (inceptionv1, googlenet) or a weights file',
      required: true,
    },
  },
  async run(context, values, positionals) {
    if (!positionals.length) throw new UsageError('give at least one image, folder or glob to predict');
    const engine = await context.engine();
    const model = await openModel(values.model, engine.math, cacheFolder());
    const images = await listImages(positionals, context.common.seed);
    const { size } = imageInput(model.description);
    const session = createSession(engine, model, { taps: ['softmax'] });
    const scratch = engine.acquire();
    const predictions: Prediction[] = [];
    const failures: ImageFailure[] = [];
    context.progress.start('predict');
    for (const ref of images) {
      context.signal.throwIfAborted();
      try {
        session.run(prepareImage(scratch, await loadImage(ref, engine.math, size), size));
        const image = ref.kind === 'file' ? ref.path : ref.name;
        predictions.push({ image, top: best(session.tap('softmax'), model.classes) });
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        failures.push({ name: ref.name, reason: error.message });
        context.progress.warn(`skipped ${error.message}`);
      }
      context.progress.update(predictions.length + failures.length, images.length, 'images');
    }
    if (!predictions.length)
      throw new InputError(
        `none of the ${images.length} images could be used; the first: ${failures[0].reason}`,
      );
    context.print(predictions, () =>
      predictions
        .map(({ image, top }) =>
          [image, ...top.map((t) => `  ${(100 * t.probability).toFixed(2).padStart(6)} %  ${t.label}`)].join(
            '\n',
          ),
        )
        .join('\n'),
    );
    return failures.length ? 4 : 0;
  },
});

function best(probabilities: Float32Array, classes: string[] | undefined): Prediction['top'] {
  return Array.from(probabilities, (probability, index) => ({
    class: index,
    label: classes?.[index] ?? `class ${index}`,
    probability,
  }))
    .sort((a, b) => b.probability - a.probability || a.class - b.class)
    .slice(0, TOP);
}
