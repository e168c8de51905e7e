import { basename, dirname, parse as parsePath } from 'node:path';
import { openModel } from '../../../models/open.node.js';
import { InputError, UsageError } from '../../core/errors.js';
import { encodeSafetensors } from '../../formats/safetensors.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { prepareImage } from '../../images/prepare.js';
import { listImages, loadImage } from '../../images/source.node.js';
import type { ImageFailure } from '../../images/types.js';
import { imageInput } from '../../network/ops/image.js';
import { createSession } from '../../network/session.js';
import { cacheFolder } from '../cache.node.js';
import { command } from '../command.js';
import { MODEL_FLAG } from '../shared-flags.js';

/** The file is built in memory. */
const MAX_OUTPUT_BYTES = 2 * 1024 ** 3;

export default command({
  summary: 'tensors of any tap for images',
  usage: '--model MODEL --taps a,b,... --out FILE.safetensors IMAGE...',
  flags: {
    ...MODEL_FLAG,
    taps: {
      kind: 'list',
      value: 'TAP,...',
      help: 'Lucid names, e.g. mixed3b,mixed3b_5x5_pre_relu,softmax',
      required: true,
    },
    out: {
      kind: 'text',
      value: 'FILE',
      help: '.safetensors with tensors <image file stem>/<tap>, [H,W,C] or [C]',
      required: true,
    },
  },
  async run(context, values, positionals) {
    if (!positionals.length) throw new UsageError('give at least one image, folder or glob');
    if (!values.out.endsWith('.safetensors'))
      throw new UsageError(`${values.out}: --out must end in .safetensors`);
    const engine = await context.engine();
    const model = await openModel(values.model, engine.math, cacheFolder());
    const taps = [...new Set(values.taps)];
    const session = createSession(engine, model, { taps });
    const scratch = engine.acquire();
    const images = await listImages(positionals, context.common.seed);
    const { size } = imageInput(model.description);
    const tensors: Parameters<typeof encodeSafetensors>[0] = {};
    const failures: ImageFailure[] = [];
    const perImage = taps.reduce((n, tap) => {
      const values = session.info(tap).shape.reduce((a, b) => a * b);
      return n + 4 * values;
    }, 0);
    if (perImage * images.length > MAX_OUTPUT_BYTES)
      throw new UsageError(
        `${images.length} images x ${perImage} bytes is more than the limit of ${MAX_OUTPUT_BYTES} for one file; give fewer images or taps`,
      );
    context.progress.start('forward');
    for (const [i, ref] of images.entries()) {
      context.signal.throwIfAborted();
      const stem = parsePath(ref.name).name;
      if (Object.hasOwn(tensors, `${stem}/${taps[0]}`))
        throw new UsageError(`two images are named '${stem}', which names their tensors; rename one`);
      try {
        session.run(prepareImage(scratch, await loadImage(ref, engine.math, size), size));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        failures.push({ name: ref.name, reason: error.message });
        context.progress.warn(`skipped ${error.message}`);
        continue;
      }
      for (const tap of taps) {
        const { shape } = session.info(tap);
        tensors[`${stem}/${tap}`] = { shape, data: session.tap(tap) };
      }
      context.progress.update(i + 1, images.length, 'images');
    }
    if (!Object.keys(tensors).length)
      throw new InputError(
        `none of the ${images.length} images could be used; the first: ${failures[0].reason}`,
      );
    await nodeStorage(dirname(values.out)).write(
      basename(values.out),
      encodeSafetensors(tensors, { model: model.name, sha256: model.sha256 }),
    );
    const report = { out: values.out, images: images.length - failures.length, taps, failures };
    context.print(report, () => `${values.out}: ${taps.length} taps of ${report.images} images`);
    return failures.length ? 4 : 0;
  },
});
