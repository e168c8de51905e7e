// Random weights of the right shapes: what the benchmark runs on as well.
export { heModel, randomImage } from '../../src/bench/random-model.js';
