import { UsageError } from '../../core/errors.js';
import { matrixVectors } from '../../vectors/matrix.js';
import { readMatrix } from '../../vectors/open.node.js';
import { command } from '../command.js';
import { checkMatrixName, writeMatrix } from '../matrix-file.node.js';
import { AS_FLAGS, hintsOf, onlyArgument, openSae } from '../open-sae.js';

export default command({
  summary: 'vectors from features',
  usage: 'SAE --in FILE --out FILE [--vectors FILE]',
  flags: {
    in: {
      kind: 'text',
      value: 'FILE',
      help: 'features [n, d_sae]: .npy, .npz, .safetensors, .pt, .parquet or .arrow',
      required: true,
    },
    vectors: {
      kind: 'text',
      value: 'FILE',
      help: 'the vectors [n, d_in] that the features are of: needed where the SAE normalises each vector',
    },
    out: { kind: 'text', value: 'FILE', help: 'vectors [n, d_in]: .npy or .safetensors', required: true },
    ...AS_FLAGS,
  },
  async run(context, values, positionals) {
    checkMatrixName(values.out);
    const { sae } = await openSae(
      await context.engine(),
      onlyArgument(positionals, 'SAE folder'),
      hintsOf(values),
    );
    const matrix = await readMatrix(values.in);
    if (matrix.note) context.progress.warn(`${values.in}: ${matrix.note}`);
    const source = matrixVectors(matrix, 'all');
    if (source.d !== sae.config.dSae)
      throw new UsageError(
        `${values.in}: rows of ${source.d} do not fit this SAE of d_sae ${sae.config.dSae}`,
      );
    const of = values.vectors === undefined ? undefined : await readMatrix(values.vectors);
    const x = of && (await matrixVectors(of, 'all').load(0));
    const vectors = sae.decode(await source.load(0), source.count, x);
    await writeMatrix(values.out, 'activations', [source.count, sae.config.dIn], vectors);
    const report = { out: values.out, vectors: source.count, dIn: sae.config.dIn };
    context.print(report, () => `${report.out}: ${report.vectors} x ${report.dIn}`);
    return 0;
  },
});
