// The commands of Node, loaded together when the first is called.
export { bench } from './bench.node.js';
export * from './commands.js';
export { doctor } from './doctor.node.js';
export { explore } from './explore.node.js';
export { modelList, modelPull } from './model-cache.node.js';
