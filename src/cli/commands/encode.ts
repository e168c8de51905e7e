import { matrixVectors } from '../../vectors/matrix.js';
import { readMatrix } from '../../vectors/open.node.js';
import { command } from '../command.js';
import { checkMatrixName, writeMatrix } from '../matrix-file.node.js';
import { AS_FLAGS, hintsOf, onlyArgument, openSae } from '../open-sae.js';

export default command({
  summary: 'features of any vectors',
  usage: 'SAE --in FILE --out FILE',
  flags: {
    in: {
      kind: 'text',
      value: 'FILE',
      help: 'vectors [n, d_in]: .npy, .npz, .safetensors, .pt, .parquet or .arrow',
      required: true,
    },
    out: { kind: 'text', value: 'FILE', help: 'features [n, d_sae]: .npy or .safetensors', required: true },
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
    const x = await source.load(0);
    const features = sae.encode(x, source.count);
    await writeMatrix(values.out, 'features', [source.count, sae.config.dSae], features);
    let active = 0;
    for (const f of features) if (f > 0) active++;
    const report = {
      out: values.out,
      vectors: source.count,
      dSae: sae.config.dSae,
      l0: active / source.count,
    };
    context.print(
      report,
      () => `${report.out}: ${report.vectors} x ${report.dSae}, L0 ${report.l0.toFixed(2)}`,
    );
    return 0;
  },
});
