// `curvesae/node`: what needs the file system, sharp or worker threads.

export { openModel } from '../models/open.node.js';
export { nodeStorage } from './formats/storage.node.js';
export { decodeImage } from './images/decode.node.js';
export { imageSetHash, listImages, loadImage } from './images/source.node.js';
export { nodePool } from './pipeline/pool.node.js';
export { readLabels } from './study/downstream/labels.node.js';
export { openVectors, readMatrix } from './vectors/open.node.js';
