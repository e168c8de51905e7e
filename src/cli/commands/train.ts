import { nodePlatform } from '../../api/platform.node.js';
import { TRAIN_CALL_OPTIONS, train } from '../../api/train.js';
import { trainingText } from '../../pipeline/progress.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'train a sparse autoencoder; repeating the command resumes or reuses it',
  usage: '--activations STORE|FILE --out SAE [--arch A] [--expansion E | --d-sae F]',
  flags: TRAIN_CALL_OPTIONS,
  // Until it resumed without being told.
  old: { resume: { kind: 'switch', help: 'continue from the checkpoint in --out' } },
  async run(context, values, positionals) {
    noArguments(positionals, 'vectors are given with --activations');
    const report = await train(nodePlatform, {
      ...camelOptions(TRAIN_CALL_OPTIONS, values),
      ...(await context.call()),
    });
    const { sae, architecture, dIn, dSae, heldOut, reused } = report;
    context.print(
      report,
      () =>
        `${sae}: ${architecture}, ${dIn} -> ${dSae}, ${trainingText(report)}${heldOut ? `, FVU ${heldOut.fvu.toFixed(4)} on held-out vectors (${heldOut.trainFvu.toFixed(4)} on training vectors)` : ''}${reused ? ' (already there)' : ''}`,
      sae,
    );
    return 0;
  },
});
