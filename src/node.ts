// `curvesae/node`: all of `curvesae`, with what needs the file system, sharp or worker threads
// (docs/library.md). A name that both have means the one of Node here.

export type { BenchCall } from './api/bench.node.js';
export type { DoctorReport } from './api/doctor.node.js';
export type { ExploreCall, ExploreReport } from './api/explore.node.js';
export type { ModelPullCall, ModelPullReport, ModelRow } from './api/model-cache.node.js';
export {
  activations,
  bench,
  circuit,
  curves,
  decode,
  decompose,
  disentangle,
  doctor,
  embed,
  encode,
  evaluate,
  evaluate as eval,
  evaluateSteering,
  examples,
  explore,
  families,
  forward,
  hide,
  label,
  merge,
  model,
  openArtefact,
  openModel,
  openSae,
  pack,
  physiology,
  predict,
  prepareImage,
  run,
  sae,
  search,
  status,
  sweep,
  synth,
  taxonomy,
  train,
  visualize,
} from './api/node.js';
export { nodeStorage } from './formats/storage.node.js';
export { decodeImage } from './images/decode.node.js';
export { imageSetHash, listImages, loadImage } from './images/source.node.js';
export * from './index.js';
export { nodePool } from './pipeline/pool.node.js';
export { readLabels } from './study/downstream/labels.node.js';
export { openVectors, readMatrix } from './vectors/open.node.js';
