import { nodePlatform } from '../../api/platform.node.js';
import { CONVERT_OPTIONS, saeConvert, saeInfo } from '../../api/sae.js';
import { UsageError, unknownName } from '../../core/errors.js';
import { SAE_FORMATS, type SaeFormat } from '../../sae/exchange/folder.js';
import { type Context, command } from '../command.js';

export default command({
  summary: 'SAE folders of SAELens, dictionary_learning and sparsify: what is in one, and one from another',
  usage: 'info SAE | convert SAE OUT --to FORMAT',
  flags: CONVERT_OPTIONS,
  async run(context, values, [verb, ...rest]) {
    if (verb === undefined) throw new UsageError('sae needs one of: info SAE, convert SAE OUT --to FORMAT');
    if (verb === 'info') await info(context, values.to ?? values.k, rest);
    else if (verb === 'convert') await convert(context, values.to, values.k, rest);
    else throw unknownName('sae command', verb, ['info', 'convert']);
    return 0;
  },
});

async function info(context: Context, flag: unknown, args: string[]): Promise<void> {
  if (args.length !== 1 || flag !== undefined)
    throw new UsageError('sae info needs one SAE folder, and neither --to nor --k');
  const report = await saeInfo(nodePlatform, { sae: args[0] });
  context.print(report, () =>
    [
      `${report.folder}: ${report.format}, ${report.architecture} (${report.kind})`,
      `d_in ${report.dIn}, d_sae ${report.dSae}${report.k === undefined ? '' : `, k ${report.k}`}; b_dec ${report.applyBDecToInput ? '' : 'not '}subtracted from the input`,
      Object.entries(report.tensors)
        .map(([name, shape]) => `${name} [${shape.join(', ')}]`)
        .join('  '),
    ].join('\n'),
  );
}

async function convert(
  context: Context,
  to: SaeFormat | undefined,
  k: number | undefined,
  args: string[],
): Promise<void> {
  if (args.length !== 2) throw new UsageError('sae convert needs an SAE folder and the folder to write');
  if (to === undefined) throw new UsageError(`sae convert needs --to ${SAE_FORMATS.join('|')}`);
  const [sae, out] = args;
  const report = await saeConvert(nodePlatform, { sae, out, to, k });
  context.print(
    report,
    () =>
      `${report.out}: ${report.to} from ${report.from}, ${report.architecture} ${report.dIn} x ${report.dSae}`,
    report.out,
  );
}
