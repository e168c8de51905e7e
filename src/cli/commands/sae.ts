import type { AsOptions } from '../../api/open-sae.js';
import { nodePlatform } from '../../api/platform.node.js';
import { CONVERT_OPTIONS, saeConvert, saeInfo } from '../../api/sae.js';
import { UsageError, unknownName } from '../../core/errors.js';
import { SAE_FORMATS, type SaeFormat } from '../../sae/exchange/folder.js';
import { type Context, command } from '../command.js';
import type { Values } from '../flags.js';

export default command({
  summary:
    'SAEs of SAELens, dictionary_learning and sparsify, and state dictionaries: what is in one, and one from another',
  usage: 'info SAE | convert SAE OUT --to FORMAT',
  flags: CONVERT_OPTIONS,
  async run(context, values, [verb, ...rest]) {
    if (verb === undefined) throw new UsageError('sae needs one of: info SAE, convert SAE OUT --to FORMAT');
    if (verb === 'info') await info(context, values.to, saidOf(values), rest);
    else if (verb === 'convert') await convert(context, values.to, saidOf(values), rest);
    else throw unknownName('sae command', verb, ['info', 'convert']);
    return 0;
  },
});

/** What is said about an SAE given as one file. */
const saidOf = ({ to: _, ...said }: Values<typeof CONVERT_OPTIONS>): AsOptions => ({
  as: said.as,
  k: said.k,
  bDecToInput: said['b-dec-to-input'],
});

async function info(context: Context, to: unknown, said: AsOptions, args: string[]): Promise<void> {
  if (args.length !== 1 || to !== undefined) throw new UsageError('sae info needs one SAE, and no --to');
  const report = await saeInfo(nodePlatform, { sae: args[0], ...said });
  context.print(report, () =>
    [
      `${report.folder}: ${report.format}, ${report.architecture} (${report.kind})`,
      `d_in ${report.dIn}, d_sae ${report.dSae}${report.k === undefined ? '' : `, k ${report.k}`}; b_dec ${report.applyBDecToInput ? '' : 'not '}subtracted from the input${report.normalizeActivations === 'none' ? '' : `; each vector normalised (${report.normalizeActivations})`}`,
      Object.entries(report.tensors)
        .map(([name, shape]) => `${name} [${shape.join(', ')}]`)
        .join('  '),
    ].join('\n'),
  );
}

async function convert(
  context: Context,
  to: SaeFormat | undefined,
  said: AsOptions,
  args: string[],
): Promise<void> {
  if (args.length !== 2) throw new UsageError('sae convert needs an SAE folder and the folder to write');
  if (to === undefined) throw new UsageError(`sae convert needs --to ${SAE_FORMATS.join('|')}`);
  const [sae, out] = args;
  const report = await saeConvert(nodePlatform, { sae, out, to, ...said });
  context.print(
    report,
    () =>
      `${report.out}: ${report.to} from ${report.from}, ${report.architecture} ${report.dIn} x ${report.dSae}`,
    report.out,
  );
}
