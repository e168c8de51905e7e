import { nodeStorage } from '../../formats/storage.node.js';
import { DEFAULTS } from '../../pipeline/defaults.js';
import { trainingText } from '../../pipeline/progress.js';
import { trainShown } from '../../pipeline/sae.js';
import { trainOptions } from '../../pipeline/training.js';
import { resolveHyperparameters } from '../../sae/settings.js';
import { openVectors } from '../../vectors/open.node.js';
import { command } from '../command.js';
import { TRAIN_FLAGS, trainSettings } from '../shared-flags.js';

export default command({
  summary: 'train a sparse autoencoder',
  usage: '--activations STORE|FILE --out SAE [--arch A] [--expansion E | --d-sae F]',
  flags: {
    activations: {
      kind: 'text',
      value: 'STORE',
      help: 'activation store, or a matrix: .npy, .npz, .safetensors, .pt, .parquet or .arrow (FILE#NAME where it holds several)',
      required: true,
    },
    ...TRAIN_FLAGS,
    'checkpoint-every': {
      kind: 'integer',
      value: 'N',
      help: 'steps between checkpoints',
      min: 1,
      default: DEFAULTS.checkpointEvery,
    },
    resume: { kind: 'switch', help: 'continue from the checkpoint in --out' },
    out: { kind: 'text', value: 'SAE', help: 'folder of the SAE', required: true },
  },
  interrupted: ({ resume }) => (resume ? 'run the same command again' : 'run it with --resume'),
  async run(context, values) {
    const { progress } = context;
    const engine = await context.engine();
    const vectors = await openVectors(values.activations);
    if (vectors.note) context.progress.warn(`${values.activations}: ${vectors.note}`);
    const source = vectors.source('train');
    const request = { expansion: values.expansion, ...trainSettings(values) };
    const options = trainOptions(request, source.d, values.seed);
    const { dSae, k, l1, lr } = resolveHyperparameters(options, source.d);
    progress.log(
      `${options.architecture}, ${source.d} -> ${dSae}${k === undefined ? '' : `, k ${k}`}${l1 === undefined ? '' : `, l1 ${l1}`}, lr ${lr.toPrecision(3)}; ` +
        `${options.steps} steps of ${options.batch} of ${source.count} vectors`,
    );
    progress.start('train');
    const { log } = await trainShown({ engine, progress, signal: context.signal }, 'train', source, {
      storage: nodeStorage(values.out),
      options,
      origin: { data: vectors.hash, store: vectors.manifest, seed: values.seed },
      resume: values.resume,
      checkpointEvery: values['checkpoint-every'],
    });
    const last = log[log.length - 1];
    progress.finish(trainingText(last));
    const { loss, l0, fvu, dead, steps } = last;
    context.print(
      {
        sae: values.out,
        architecture: values.arch,
        dIn: source.d,
        dSae,
        k: k ?? null,
        steps,
        vectors: source.count,
        loss,
        l0,
        fvu,
        dead,
      },
      () => `${values.out}: ${values.arch}, ${source.d} -> ${dSae}, ${trainingText(last)}`,
    );
    return 0;
  },
});
