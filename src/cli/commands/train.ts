import { openVectors } from '../../activations/open.node.js';
import { UsageError } from '../../core/errors.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { CHECKPOINT_FILE } from '../../sae/checkpoint.js';
import { CONFIG_FILE, saveSae } from '../../sae/saelens.js';
import { discardCheckpoint, resolveHyperparameters, trainSae } from '../../sae/trainer.js';
import { describe } from '../../study/stages.js';
import { command } from '../command.js';
import { TRAIN_FLAGS } from '../shared-flags.js';

export default command({
  summary: 'train a sparse autoencoder',
  usage: '--activations STORE|FILE --out SAE [--arch A] [--expansion E | --d-sae F]',
  flags: {
    activations: {
      kind: 'text',
      value: 'STORE',
      help: 'activation store, or a .npy, .npz or .safetensors matrix',
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
  async run(context, values) {
    const { progress } = context;
    const engine = await context.engine();
    const vectors = await openVectors(values.activations);
    const source = vectors.source('train');
    const options = {
      architecture: values.arch,
      dSae: values['d-sae'] ?? Math.max(1, Math.round(values.expansion * source.d)),
      k: values.k,
      l1: values.l1,
      lr: values.lr,
      batch: values.batch,
      steps: values.steps,
      seed: values.seed,
    };
    resolveHyperparameters(options, source.d);
    const storage = nodeStorage(values.out);
    if ((await storage.size(CONFIG_FILE)) !== undefined)
      throw new UsageError(
        `${values.out}: already holds a finished SAE, which is kept; choose another --out`,
      );
    if (!values.resume && (await storage.size(CHECKPOINT_FILE)) !== undefined)
      throw new UsageError(
        `${values.out}: holds an unfinished run; continue it with --resume, or choose another --out`,
      );
    const unlock = await storage.lock();
    try {
      progress.start('train');
      const trained = await trainSae(engine, source, options, {
        storage,
        resume: values.resume,
        checkpointEvery: values['checkpoint-every'],
        signal: context.signal,
        onProgress: (p) => progress.update(p.step, p.steps, 'steps', describe(p)),
      });
      await storage.write('training.json', JSON.stringify({ log: trained.log }));
      await saveSae(storage, trained.config, trained.tensors, {
        data: vectors.hash,
        ...(vectors.manifest && {
          model_name: vectors.manifest.recipe.model.name,
          hook_name: vectors.manifest.recipe.tap,
          activation_store: vectors.manifest.hash,
          weights_sha256: vectors.manifest.recipe.model.sha256,
        }),
        seed: values.seed,
      });
      await discardCheckpoint(storage);
      const last = trained.log[trained.log.length - 1];
      progress.finish(describe(last));
      const { architecture, dIn, dSae, k } = trained.config;
      const { loss, l0, fvu, dead, steps } = last;
      context.print(
        {
          sae: values.out,
          architecture,
          dIn,
          dSae,
          k: k ?? null,
          steps,
          vectors: source.count,
          loss,
          l0,
          fvu,
          dead,
        },
        () => `${values.out}: ${architecture}, ${dIn} -> ${dSae}, ${describe(last)}`,
      );
      return 0;
    } finally {
      await unlock();
    }
  },
});
