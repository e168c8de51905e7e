// The same with worker threads, as in Node.
import { nodePool } from 'curvesae/node';
import { orientation } from './orientation.js';

console.log(await orientation(nodePool));
