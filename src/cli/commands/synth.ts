import { join } from 'node:path';
import { nodeStorage } from '../../formats/storage.node.js';
import { checkFree, TRUTH_FILE, VECTORS_FILE, writeSynthetic } from '../../sae/synth-folder.js';
import { SYNTHETIC_DEFAULTS as DEFAULT, synthesize } from '../../sae/synthetic.js';
import { command } from '../command.js';

export default command({
  summary: 'vectors with known features, to test what an SAE finds',
  usage: '--out DIR [--features N --d-in D --vectors N --active A ...]',
  flags: {
    features: {
      kind: 'integer',
      value: 'N',
      help: 'number of true features',
      min: 1,
      default: DEFAULT.features,
    },
    'd-in': { kind: 'integer', value: 'D', help: 'width of a vector', min: 1, default: DEFAULT.dIn },
    vectors: { kind: 'integer', value: 'N', help: 'number of vectors', min: 1, default: DEFAULT.vectors },
    active: {
      kind: 'number',
      value: 'A',
      help: 'mean number of active features per vector',
      min: 0,
      default: DEFAULT.active,
    },
    zipf: {
      kind: 'number',
      value: 'Z',
      help: 'feature i fires in proportion to i^-Z; 0: all equally often',
      min: 0,
      default: DEFAULT.zipf,
    },
    correlation: {
      kind: 'number',
      value: 'C',
      help: 'correlation of the firing of the features of one group',
      min: 0,
      max: 1,
      default: DEFAULT.correlation,
    },
    group: { kind: 'integer', value: 'G', help: 'features per group', min: 1, default: DEFAULT.group },
    hierarchy: {
      kind: 'number',
      value: 'H',
      help: 'share of features that fire only with their parent',
      min: 0,
      max: 1,
      default: DEFAULT.hierarchy,
    },
    noise: {
      kind: 'number',
      value: 'S',
      help: 'standard deviation of the noise per dimension',
      min: 0,
      default: DEFAULT.noise,
    },
    magnitude: {
      kind: 'number',
      value: 'M',
      help: 'mean magnitude of an active feature',
      min: 0,
      default: DEFAULT.magnitude,
    },
    spread: {
      kind: 'number',
      value: 'V',
      help: 'standard deviation of the magnitude over its mean',
      min: 0,
      default: DEFAULT.spread,
    },
    offset: {
      kind: 'number',
      value: 'B',
      help: 'length of a constant vector added to all',
      min: 0,
      default: DEFAULT.offset,
    },
    out: { kind: 'text', value: 'DIR', help: 'folder of the set', required: true },
  },
  async run(context, values) {
    const { progress } = context;
    const { features, vectors, active, zipf, correlation, group, hierarchy } = values;
    const { noise, magnitude, spread, offset, seed } = values;
    const rates = { active, zipf, correlation, group, hierarchy };
    const knobs = {
      features,
      dIn: values['d-in'],
      vectors,
      ...rates,
      noise,
      magnitude,
      spread,
      offset,
      seed,
    };
    const storage = nodeStorage(values.out);
    await checkFree(storage, knobs);
    await (await storage.lock())(); // a folder that cannot be written to is known before the work
    progress.start('synth');
    const set = await synthesize((await context.engine()).math, knobs, {
      signal: context.signal,
      onProgress: (done, total) => progress.update(done, total, 'vectors'),
    });
    const { l0, reused, ...record } = await writeSynthetic(storage, set);
    const report = {
      out: values.out,
      vectors: join(values.out, VECTORS_FILE),
      truth: join(values.out, TRUTH_FILE),
      l0,
      reused,
      knobs: record.knobs,
      sha256: { vectors: record.vectors.sha256, truth: record.truth.sha256 },
    };
    context.print(
      report,
      () =>
        `${values.out}: ${vectors} vectors of width ${knobs.dIn}, ${features} features, ${l0.toFixed(2)} active${reused ? ' (already there)' : ''}`,
    );
    return 0;
  },
});
