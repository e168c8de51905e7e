import { type PackReport, pack } from '../../api/pack.js';
import { PACK_OPTIONS } from '../../api/pack-options.js';
import { nodePlatform } from '../../api/platform.node.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'embeddings, SAEs, labels, families and pictures as one folder to keep, check and pass on',
  usage: '[SAE...] --in E [--meta FILE] [--labels FILE,...] [--families DIR] --out DIR | --check DIR',
  flags: PACK_OPTIONS,
  async run(context, values, positionals) {
    const report = await pack(nodePlatform, {
      ...(positionals.length && { sae: positionals }),
      ...camelOptions(PACK_OPTIONS, values),
      ...(await context.call()),
    });
    context.print(report, () => text(report), report.out);
    return report.problems.length ? 3 : context.exitCode();
  },
});

function text({
  out,
  documents,
  d,
  dtype,
  pictures,
  saes,
  families,
  files,
  bytes,
  problems,
}: PackReport): string {
  if (problems.length) return [`${out}: ${problems.length} not as it should be`, ...problems].join('\n');
  const parts = [
    `${documents} vectors of ${d} (${dtype})`,
    ...(pictures === null ? [] : [`${pictures} pictures`]),
    ...saes.map(({ folder, dSae, labels }) => `${folder} of ${dSae} features${labels ? ', labelled' : ''}`),
    ...(families ? ['families'] : []),
  ];
  return `${out}: whole; ${files} files, ${(bytes / 1e6).toFixed(1)} MB: ${parts.join('; ')}`;
}
