import { nodePlatform } from '../../api/platform.node.js';
import { PREDICT_OPTIONS, predict } from '../../api/predict.js';
import { UsageError } from '../../core/errors.js';
import { pictures } from '../arguments.js';
import { command } from '../command.js';

export default command({
  summary: 'top-5 classes of images',
  usage: '--model MODEL --images DIR  (or IMAGE...)',
  flags: PREDICT_OPTIONS,
  async run(context, { model, images, seed }, positionals) {
    const given = pictures(images, positionals);
    if (!given) throw new UsageError('give at least one image, folder or glob to predict');
    const predictions = await predict(nodePlatform, {
      model,
      images: given,
      seed,
      ...(await context.call()),
    });
    context.print(predictions, () =>
      predictions
        .map(({ image, top }) =>
          [image, ...top.map((t) => `  ${(100 * t.probability).toFixed(2).padStart(6)} %  ${t.label}`)].join(
            '\n',
          ),
        )
        .join('\n'),
    );
    return context.exitCode();
  },
});
