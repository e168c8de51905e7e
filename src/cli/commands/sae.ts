import { UsageError, unknownName } from '../../core/errors.js';
import { nodeStorage } from '../../formats/storage.node.js';
import {
  FORMAT_FILES,
  loadAnySae,
  SAE_FORMATS,
  type SaeFormat,
  saveSaeAs,
} from '../../sae/exchange/folder.js';
import { architecture } from '../../sae/registry.js';
import { type Context, command } from '../command.js';
import { saeFolder } from '../open-sae.js';

export default command({
  summary: 'SAE folders of SAELens, dictionary_learning and sparsify: what is in one, and one from another',
  usage: 'info SAE | convert SAE OUT --to FORMAT',
  flags: { to: { kind: 'choice', of: SAE_FORMATS, help: 'format that convert writes' } },
  async run(context, values, [verb, ...rest]) {
    if (verb === undefined) throw new UsageError('sae needs one of: info SAE, convert SAE OUT --to FORMAT');
    if (verb === 'info') await info(context, values.to, rest);
    else if (verb === 'convert') await convert(context, values.to, rest);
    else throw unknownName('sae command', verb, ['info', 'convert']);
    return 0;
  },
});

async function info(context: Context, to: string | undefined, args: string[]): Promise<void> {
  if (args.length !== 1 || to !== undefined)
    throw new UsageError('sae info needs one SAE folder and no --to');
  const storage = await saeFolder(args[0]);
  const { format, config, tensors, metadata } = await loadAnySae(storage);
  const { kind, centresInput } = architecture(config.architecture);
  const report = {
    folder: storage.label,
    format,
    architecture: config.architecture,
    kind,
    dIn: config.dIn,
    dSae: config.dSae,
    ...(config.k !== undefined && { k: config.k }),
    applyBDecToInput: config.applyBDecToInput ?? centresInput,
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    metadata,
  };
  context.print(report, () =>
    [
      `${report.folder}: ${format}, ${report.architecture} (${kind})`,
      `d_in ${report.dIn}, d_sae ${report.dSae}${config.k === undefined ? '' : `, k ${config.k}`}; b_dec ${report.applyBDecToInput ? '' : 'not '}subtracted from the input`,
      Object.entries(report.tensors)
        .map(([name, shape]) => `${name} [${shape.join(', ')}]`)
        .join('  '),
    ].join('\n'),
  );
}

async function convert(context: Context, to: string | undefined, args: string[]): Promise<void> {
  if (args.length !== 2) throw new UsageError('sae convert needs an SAE folder and the folder to write');
  if (to === undefined) throw new UsageError(`sae convert needs --to ${SAE_FORMATS.join('|')}`);
  const format = to as SaeFormat;
  const out = nodeStorage(args[1]);
  for (const { weights, config } of Object.values(FORMAT_FILES))
    for (const file of [weights, config])
      if ((await out.size(file)) !== undefined)
        throw new UsageError(`${args[1]}: has a ${file} already; give an empty folder`);
  const storage = await saeFolder(args[0]);
  const sae = await loadAnySae(storage);
  await saveSaeAs(out, format, sae, storage.label);
  const report = {
    out: args[1],
    from: sae.format,
    to: format,
    architecture: sae.config.architecture,
    dIn: sae.config.dIn,
    dSae: sae.config.dSae,
  };
  context.print(
    report,
    () =>
      `${report.out}: ${report.to} from ${report.from}, ${report.architecture} ${report.dIn} x ${report.dSae}`,
  );
}
