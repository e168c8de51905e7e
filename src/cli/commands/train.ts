import { nodeStorage } from '../../formats/storage.node.js';
import { describe, showTraining } from '../../pipeline/stages.js';
import { trainInto } from '../../sae/folder.js';
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
      default: 250,
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
    const options = {
      dSae: Math.max(1, Math.round(values.expansion * source.d)),
      ...trainSettings(values),
    };
    const { dSae, k, l1, lr } = resolveHyperparameters(options, source.d);
    progress.log(
      `${options.architecture}, ${source.d} -> ${dSae}${k === undefined ? '' : `, k ${k}`}${l1 === undefined ? '' : `, l1 ${l1}`}, lr ${lr.toPrecision(3)}; ` +
        `${options.steps} steps of ${options.batch} of ${source.count} vectors`,
    );
    progress.start('train');
    const show = showTraining(progress, 'train');
    const { log } = await trainInto(
      engine,
      source,
      {
        storage: nodeStorage(values.out),
        options,
        resume: values.resume,
        checkpointEvery: values['checkpoint-every'],
        onProgress: (point) => show.onProgress(point),
        onStep: show.onStep,
        metadata: {
          data: vectors.hash,
          ...(vectors.manifest && {
            model_name: vectors.manifest.recipe.model.name,
            hook_name: vectors.manifest.recipe.tap,
            activation_store: vectors.manifest.hash,
            weights_sha256: vectors.manifest.recipe.model.sha256,
          }),
          seed: values.seed,
        },
      },
      context.signal,
    );
    const last = log[log.length - 1];
    progress.finish(describe(last));
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
      () => `${values.out}: ${values.arch}, ${source.d} -> ${dSae}, ${describe(last)}`,
    );
    return 0;
  },
});
