// Files of tests with a long version, which npm run test:soak runs (CURVESAE_LONG_TESTS=1), below test/.
/** npm test runs a part of each. */
export const IN_PART = [
  'api/circuit',
  'api/faults',
  'api/taxonomy',
  'bench/page',
  'bench/suite',
  'cli/program',
  'cli/run',
  'explorer/atlas',
  'explorer/finding',
  'explorer/live',
  'explorer/pages',
  'explorer/site',
  'formats/storage.opfs',
  'models/gpt2-torch',
  'network/splice',
  'pipeline/planted',
  'pipeline/pool.web',
  'portability/identity',
  'sae/kill',
  'sae/slices-page',
  'study/downstream/downstream',
  'study/facts/data',
  'tab/client',
];

/** npm test leaves these out, but where a filter names them: what they hold changes seldom, and takes long. */
export const WHOLE = ['bench/naive', 'explorer/large', 'pipeline/orientations'];
