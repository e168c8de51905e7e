import { stat } from 'node:fs/promises';
import { UsageError, unknownName } from '../../core/errors.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { kOf } from '../../sae/exchange/dictionary-learning.js';
import { FORMAT_FILES, SAE_FORMATS, type SaeFormat, saveSaeAs } from '../../sae/exchange/folder.js';
import type { StateDictHints } from '../../sae/exchange/state-dict.js';
import { architecture } from '../../sae/registry.js';
import type { SaeFolder } from '../../sae/saelens.js';
import { type Context, command } from '../command.js';
import { AS_FLAGS, hintsOf, loadSae } from '../open-sae.js';

export default command({
  summary:
    'SAEs of SAELens, dictionary_learning and sparsify, and state dictionaries: what is in one, and one from another',
  usage: 'info SAE | convert SAE OUT --to FORMAT',
  flags: {
    to: { kind: 'choice', of: SAE_FORMATS, help: 'format that convert writes' },
    ...AS_FLAGS,
    k: {
      kind: 'integer',
      value: 'N',
      help: 'k where the SAE does not say it: of a TopK SAE given as one file; of BatchTopK for dictionary_learning',
      min: 1,
    },
  },
  async run(context, values, [verb, ...rest]) {
    if (verb === undefined) throw new UsageError('sae needs one of: info SAE, convert SAE OUT --to FORMAT');
    if (verb === 'info') await info(context, values.to, hintsOf(values), rest);
    else if (verb === 'convert') await convert(context, values.to, hintsOf(values), rest);
    else throw unknownName('sae command', verb, ['info', 'convert']);
    return 0;
  },
});

async function info(context: Context, to: unknown, hints: StateDictHints, args: string[]): Promise<void> {
  if (args.length !== 1 || to !== undefined) throw new UsageError('sae info needs one SAE, and no --to');
  const { format, config, tensors, metadata, label } = await loadSae(args[0], hints);
  const { kind, centresInput } = architecture(config.architecture);
  const report = {
    folder: label,
    format,
    architecture: config.architecture,
    kind,
    dIn: config.dIn,
    dSae: config.dSae,
    ...(config.k !== undefined && { k: config.k }),
    applyBDecToInput: config.applyBDecToInput ?? centresInput,
    normalizeActivations: config.normalizeActivations ?? 'none',
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    metadata,
  };
  context.print(report, () =>
    [
      `${report.folder}: ${format}, ${report.architecture} (${kind})`,
      `d_in ${report.dIn}, d_sae ${report.dSae}${config.k === undefined ? '' : `, k ${config.k}`}; b_dec ${report.applyBDecToInput ? '' : 'not '}subtracted from the input${config.normalizeActivations ? `; each vector normalised (${config.normalizeActivations})` : ''}`,
      Object.entries(report.tensors)
        .map(([name, shape]) => `${name} [${shape.join(', ')}]`)
        .join('  '),
    ].join('\n'),
  );
}

async function convert(
  context: Context,
  to: string | undefined,
  hints: StateDictHints,
  args: string[],
): Promise<void> {
  if (args.length !== 2) throw new UsageError('sae convert needs an SAE folder and the folder to write');
  if (to === undefined) throw new UsageError(`sae convert needs --to ${SAE_FORMATS.join('|')}`);
  const format = to as SaeFormat;
  const out = nodeStorage(args[1]);
  for (const { weights, config } of Object.values(FORMAT_FILES))
    for (const file of [weights, config])
      if ((await out.size(file)) !== undefined)
        throw new UsageError(`${args[1]}: already holds ${file}; give an empty folder`);
  const { k, ...rest } = hints;
  // Of a folder, --k completes what it says; of a file, it is the SAE's own.
  const isFile = (await stat(args[0]).catch(() => undefined))?.isFile();
  const sae = await loadSae(args[0], isFile ? hints : rest);
  if (k !== undefined && !isFile) sae.metadata.k = knownK(sae, format, k);
  await saveSaeAs(out, format, sae, sae.label);
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

/** `k` where it is missing and asked for; UsageError where it is neither. */
function knownK({ config, metadata }: SaeFolder, format: SaeFormat, k: number): number {
  const { kind } = architecture(config.architecture);
  if (format !== 'dictionary_learning' || kind !== 'jumprelu')
    throw new UsageError('--k is for BatchTopK SAEs written for dictionary_learning');
  const said = kOf(config, metadata);
  if (said !== undefined && said !== k) throw new UsageError(`--k ${k}: the SAE says ${said}`);
  return k;
}
