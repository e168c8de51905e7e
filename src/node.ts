// `curvesae/node`: what needs the file system, sharp or worker threads.
export { openVectors, readMatrix } from './activations/open.node.js';
export { nodeStorage } from './formats/storage.node.js';
export { decodeImage } from './images/decode.node.js';
export { imageSetHash, listImages, loadImage } from './images/source.node.js';
export { openModel } from './network/open.node.js';
export { readLabels } from './study/labels.node.js';
export { nodePool } from './study/pool.node.js';
