import { openModel } from '../../../models/open.node.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { imageSetHash, listImages } from '../../images/source.node.js';
import { checkTap } from '../../network/taps.js';
import { extractionOf } from '../../pipeline/activations.js';
import { DEFAULTS } from '../../pipeline/defaults.js';
import { nodePool } from '../../pipeline/pool.node.js';
import { extractActivations } from '../../vectors/extract.js';
import { cacheFolder } from '../cache.node.js';
import { command } from '../command.js';
import { IMAGES_FLAG, MODEL_FLAG, SAMPLING_FLAGS, TAP_FLAG } from '../shared-flags.js';

export default command({
  summary: 'sample activations of a tap into a resumable store',
  usage: '--model MODEL --images DIR --tap TAP --out STORE',
  flags: {
    ...MODEL_FLAG,
    ...IMAGES_FLAG,
    ...TAP_FLAG,
    ...SAMPLING_FLAGS,
    reference: {
      kind: 'integer',
      value: 'N',
      help: 'vectors per image of the uniform reference sample',
      min: 1,
      max: 65536,
      default: DEFAULTS.reference,
    },
    out: {
      kind: 'text',
      value: 'STORE',
      help: 'folder; the store is a folder in it, named by the hash of what makes it',
      required: true,
    },
  },
  async run(context, values) {
    const engine = await context.engine();
    const model = await openModel(values.model, engine.math, cacheFolder());
    checkTap(model.description, values.tap);
    const images = await listImages(values.images ?? ['procedural'], values.seed);
    const pool = nodePool(engine, model, (message) => context.progress.warn(message));
    try {
      context.progress.start('activations');
      const { progress, signal } = context;
      const imagesHash = await imageSetHash(images);
      const job = extractionOf(
        { engine, pool, model, images, imagesHash, progress, signal },
        {
          tap: values.tap,
          perImage: values['per-image'],
          reference: values.reference,
          sample: values.sample as 'uniform' | 'norm',
          excludeBorder: values['exclude-border'],
          seed: values.seed,
        },
      );
      const outcome = await extractActivations({ ...job, root: nodeStorage(values.out) });
      const { manifest, failures, storage, reused } = outcome;
      const count = (group: 'train' | 'heldout') => manifest.shards.reduce((n, s) => n + s.rows[group], 0);
      const report = {
        store: storage.label,
        hash: manifest.hash,
        tap: values.tap,
        images: images.length - failures.length,
        vectors: count('train') + count('heldout'),
        heldout: count('heldout'),
        dIn: manifest.dIn,
        shards: manifest.shards.length,
        reused,
        failures,
      };
      context.progress.finish(`${report.vectors} vectors${reused ? ', reused' : ''}`);
      for (const failure of failures) context.progress.warn(`skipped ${failure.reason}`);
      context.print(
        report,
        () =>
          `${report.store}: ${report.vectors} vectors of ${report.dIn} from ${report.images} images (${report.heldout} held out)`,
      );
      return failures.length ? 4 : 0;
    } finally {
      pool.dispose();
    }
  },
});
